"""docs/operations.md names only commands, options, parameters, outputs and alarms that there are."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra" / "local"))

import stack  # noqa: E402
import transform  # noqa: E402

GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)).replace("\\\n", " ")
HELP = re.search(r'const HELP: &str = "\\\n(.*?)\n";', (ROOT / "infra/operator/src/main.rs").read_text(encoding="utf-8"), re.DOTALL).group(1)


def known() -> dict[str, set[str]]:
    """Each command of `operator help`, with its options; what continues a command is indented further."""
    commands: dict[str, set[str]] = {}
    name = ""
    for line in HELP.splitlines():
        if begun := re.match(r"  (\w+ [\w-]+) ", line):
            name = begun.group(1)
            commands[name] = set()
        if name:
            commands[name].update(re.findall(r"--[\w-]+", line))
    return commands


class Guide(unittest.TestCase):
    def test_the_operators_commands_exist(self):
        commands = known()
        used = re.findall(r"^operator (\w+ [\w-]+)(.*)$", SHELL, re.MULTILINE)
        self.assertGreater(len(used), 10)
        for name, rest in used:
            self.assertIn(name, commands)
            self.assertLessEqual(set(re.findall(r"--[\w-]+", rest)), commands[name], name)

    def test_parameters_exist(self):
        lines = [line for line in SHELL.splitlines() if "--parameter-overrides" in line]
        self.assertGreater(len(lines), 5)
        for line in lines:
            file = re.search(r"--template-file (\S+)", line)
            template = transform.load(ROOT / file.group(1) if file else transform.TEMPLATE)
            given = re.findall(r"(\w+)=", line.partition("--parameter-overrides")[2])
            self.assertTrue(given and set(given) <= set(template["Parameters"]), given)

    def test_every_alarm_has_an_answer(self):
        rows = re.findall(r"`(…?\w+)`", re.search(r"## Alarms\n(.*?)\n## ", GUIDE, re.DOTALL).group(1))
        for name, resource in transform.load()["Resources"].items():
            if resource["Type"] == "AWS::CloudWatch::Alarm":
                self.assertTrue(any(name == row or (row[0] == "…" and name.endswith(row[1:])) for row in rows), name)

    def test_the_outputs_become_the_operators_environment(self):
        outputs = list(transform.load()["Outputs"])
        program = re.search(r"awk '(.*?)'", SHELL).group(1)
        printed = subprocess.run(["awk", program], input="".join(f"{o}\tx\n" for o in outputs), capture_output=True, text=True, check=True)
        self.assertEqual(printed.stdout.splitlines(), [f"{stack.variable(output)}=x" for output in outputs])

    def test_files_exist(self):
        for path in re.findall(r"\b(?:infra|docs|shared)/[\w./-]+\w", GUIDE):
            self.assertTrue((ROOT / path).exists(), path)


if __name__ == "__main__":
    unittest.main()
