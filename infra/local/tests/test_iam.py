"""What is allowed beside what was asked for: neither more nor less goes by."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import iam  # noqa: E402
import transform  # noqa: E402


def call(role: str, action: str, resource: str = "arn:aws:dynamodb:us-east-1:0:table/t", keys=(), purpose=None) -> dict:
    return {"role": f"shirushi-{role}FunctionRole-0A", "action": action, "resource": resource, "keys": list(keys), "purpose": purpose}


class Compared(unittest.TestCase):
    def setUp(self):
        self.template = transform.load()

    def complaints(self, *calls: dict) -> list[str]:
        return iam.compare(self.template, list(calls))

    def refused(self, one: dict) -> bool:
        return any(line.startswith("not allowed") for line in self.complaints(one))

    def test_what_is_not_allowed_is_told(self):
        self.assertTrue(self.refused(call("Hosting", "dynamodb:PutItem", keys=["ORG#*"])))
        self.assertTrue(self.refused(call("Mail", "dynamodb:PutItem", keys=["ORG#*"])))
        self.assertTrue(self.refused(call("Pdf", "kms:Sign", "arn:aws:kms:us-east-1:0:key/k", purpose="credential")))
        self.assertTrue(self.refused(call("Baking", "s3:GetObject", "arn:aws:s3:::shirushi-contentbucket-0a/pdf/*")))
        self.assertTrue(self.refused(call("Console", "sqs:SendMessage", "arn:aws:sqs:us-east-1:0:shirushi-mail")))

    def test_what_is_allowed_is_not(self):
        self.assertFalse(self.refused(call("Mail", "dynamodb:UpdateItem", keys=["EVENT#*"])))
        self.assertFalse(self.refused(call("Pdf", "kms:Sign", "arn:aws:kms:us-east-1:0:key/k", purpose="seal")))
        self.assertFalse(self.refused(call("Baking", "s3:GetObject", "arn:aws:s3:::shirushi-contentbucket-0a/artwork/*")))
        self.assertFalse(self.refused(call("Console", "sqs:SendMessage", "arn:aws:sqs:us-east-1:0:shirushi-mail-prompt")))

    def test_a_policy_under_a_condition_counts(self):
        secret = "arn:aws:secretsmanager:us-east-1:0:secret:s-AbCdEf"
        self.assertFalse(self.refused(call("Console", "secretsmanager:GetSecretValue", secret)))
        self.assertTrue(self.refused(call("Accounts", "secretsmanager:GetSecretValue", secret)))
        self.assertTrue(self.refused(call("Console", "secretsmanager:PutSecretValue", secret)))

    def test_what_nobody_asked_for_is_told_until_somebody_does(self):
        line = "allowed, but never asked for: pdf: kms:Sign on seal keys"
        self.assertIn(line, self.complaints())
        self.assertNotIn(line, self.complaints(call("Pdf", "kms:Sign", "arn:aws:kms:us-east-1:0:key/k", purpose="seal")))

    def test_every_excuse_is_about_something_allowed(self):
        self.assertFalse([line for line in self.complaints() if line.startswith("excused")])


if __name__ == "__main__":
    unittest.main()
