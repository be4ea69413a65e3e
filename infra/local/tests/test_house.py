"""What the documents and manifests say of the house is so: every crate is named, links resolve, powers match policies."""

import re
import sys
import tomllib
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra" / "local"))

import transform  # noqa: E402

OWN = {"target", ".local", "node_modules", ".git"}


def documents() -> list[Path]:
    return [path for path in ROOT.rglob("*.md") if not any(part in OWN or part.startswith("target-") for part in path.parts)]


def dependencies(manifest: Path) -> set[str]:
    return set(tomllib.loads(manifest.read_text(encoding="utf-8")).get("dependencies", {}))


class Documents(unittest.TestCase):
    def test_every_crate_is_named_in_the_map(self):
        architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
        for folder in ("functions", "shared"):
            for manifest in (ROOT / folder).glob("*/Cargo.toml"):
                self.assertIn(f"  {manifest.parent.name}/", architecture)

    def test_links_between_documents_resolve(self):
        for document in documents():
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8")):
                if "://" not in target:
                    self.assertTrue((document.parent / target).exists(), f"{document.relative_to(ROOT)} -> {target}")

    def test_every_decision_is_listed(self):
        folder = ROOT / "docs" / "decisions"
        listed = (folder / "README.md").read_text(encoding="utf-8")
        for page in folder.glob("0*.md"):
            self.assertIn(f"({page.name})", listed)


class Powers(unittest.TestCase):
    """A function's manifest is its list of powers, and its policy says the same."""

    def actions(self, function: str) -> set[str]:
        resources = transform.load()["Resources"]
        wanted = [r for r in resources.values() if r["Type"] == "AWS::Serverless::Function" and r["Properties"]["CodeUri"].endswith(f"/{function}")]
        found = set()
        for policy in wanted[0]["Properties"].get("Policies", []):
            for statement in policy["Statement"]:
                actions = statement["Action"]
                found.update([actions] if isinstance(actions, str) else actions)
        return found

    def test_only_who_can_sign_may_sign(self):
        for manifest in (ROOT / "functions").glob("*/Cargo.toml"):
            function, needs = manifest.parent.name, dependencies(manifest)
            actions = self.actions(function)
            if any(action.startswith("kms:") for action in actions):
                self.assertIn("signer", needs, function)
            if "signer" in needs:
                self.assertTrue(any(action.startswith("kms:") for action in actions), function)
            if any(action.startswith(("dynamodb:", "s3:")) for action in actions):
                self.assertIn("store", needs, function)
            self.assertFalse([action for action in actions if "*" in action], function)

    def test_the_validator_signs_nothing_and_writes_nothing_but_reports_and_uploads(self):
        # Which rows and objects these reach is in test_template.py.
        table, bucket = {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem"}, {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}
        self.assertEqual(self.actions("validation"), table | bucket)
        self.assertNotIn("signer", dependencies(ROOT / "functions" / "validation" / "Cargo.toml"))

    def test_pure_crates_know_no_world(self):
        world = {"tokio", "lambda_http", "lambda_runtime", "hyper", "aws-config", "aws-sdk-dynamodb", "aws-sdk-s3", "aws-sdk-kms"}
        for crate in ("badge", "application", "jsonld", "proof", "bake", "artwork", "design", "evidence", "layout", "letter", "openid", "pdf", "roster", "verify"):
            self.assertFalse(world & dependencies(ROOT / "shared" / crate / "Cargo.toml"), crate)

    def test_no_function_depends_on_a_function(self):
        # By path: the function `pdf` and the library `pdf` have one name.
        ours = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["dependencies"]
        functions = {name for name, where in ours.items() if isinstance(where, dict) and where.get("path", "").startswith("functions/")}
        self.assertEqual(functions, set())
        for manifest in [*(ROOT / "functions").glob("*/Cargo.toml"), *(ROOT / "shared").glob("*/Cargo.toml")]:
            self.assertNotIn("functions/", manifest.read_text(encoding="utf-8"), manifest.parent.name)


if __name__ == "__main__":
    unittest.main()
