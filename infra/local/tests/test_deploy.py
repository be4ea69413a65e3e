"""infra/deploy makes each deployment a version of every function, and leaves the rest to SAM."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


class Deploy(unittest.TestCase):
    def run_in(self, folder: Path, *options: str) -> subprocess.CompletedProcess:
        """The script in a project of its own, with a `sam` that prints what it would deploy."""
        for name in ("infra", "bin"):
            (folder / name).mkdir()
        shutil.copy(ROOT / "infra" / "deploy", folder / "infra" / "deploy")
        sam = folder / "bin" / "sam"
        sam.write_text('#!/bin/sh\necho "$@"\ncat .aws-sam/build/template.yaml\n', encoding="utf-8")
        sam.chmod(0o755)
        environment = {**os.environ, "PATH": f"{sam.parent}:{os.environ['PATH']}"}
        return subprocess.run([folder / "infra" / "deploy", *options], env=environment, capture_output=True, text=True)

    def test_what_was_built_is_deployed_under_another_name_each_time(self):
        with tempfile.TemporaryDirectory() as folder:
            built = Path(folder) / ".aws-sam" / "build" / "template.yaml"
            built.parent.mkdir(parents=True)
            shutil.copy(ROOT / "template.yaml", built)
            done = self.run_in(Path(folder), "--parameter-overrides", "Stage=prod")
        said, deployed = done.stdout.split("\n", 1)
        self.assertEqual((done.returncode, said), (0, "deploy --parameter-overrides Stage=prod"))
        changed = [line for line in deployed.splitlines() if line not in (ROOT / "template.yaml").read_text(encoding="utf-8").splitlines()]
        self.assertEqual(len(changed), 1, changed)
        self.assertRegex(changed[0], r"^ +DEPLOYED: '20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ'$")

    def test_nothing_is_deployed_that_was_not_built(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_in(Path(folder))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("sam build", done.stderr)


if __name__ == "__main__":
    unittest.main()
