"""Nothing more, nothing less: the functions' policies beside what they were seen to ask for.

    iam.py NOTES        compares the notes of a stack (`powers.jsonl` in its folder of logs) with template.yaml

That nothing more is done than is allowed, the emulator sees to: it refuses like AWS. Here it is told again, with every call that no
statement allows; and every allowed action that nobody asked for fails too, unless it stands in UNSEEN with its reason.
"""

import fnmatch
import json
import re
import sys
from pathlib import Path

import transform

# (function, action, what the statement narrows it to) -> why it is allowed though journeys need not show it. A slow run may.
UNSEEN: dict[tuple[str, str, str], str] = {
    ("applications", "dynamodb:DeleteItem", "EVIDENCE#*"): "an applicant takes a file away; journeys do so by the store alone",
    ("mail", "sqs:SendMessage", "WebhookQueue"): "an answer wakes webhooks; journeys give answers where nobody has any",
    ("console", "dynamodb:PutItem", "PEOPLE"): "the secret of names, made by whoever needs it first: here the operator",
    ("console", "secretsmanager:GetSecretValue", "OidcClientSecretArn"): "journeys have no identity provider; tests/browser/run oidc has",
    ("webhooks", "dynamodb:BatchGetItem", "Table"): "what expired and was not revoked: no journey waits for an expiry",
    ("webhooks", "dynamodb:PutItem", "FEED#*"): "the same",
    ("webhooks", "dynamodb:PutItem", "EXPIRY"): "the same",
    ("webhooks", "dynamodb:UpdateItem", "EXPIRY#*"): "the same",
    ("screening", "dynamodb:Query", "DUE#*"): "files that are due: the schedule comes later than journeys end",
    ("screening", "dynamodb:PutItem", "DUE#*"): "the same",
    ("screening", "dynamodb:DeleteItem", "DUE#*"): "the same",
    ("screening", "dynamodb:DeleteItem", "EVIDENCE#*"): "the same",
    ("screening", "s3:ListBucket", "EvidenceBucket"): "never called: with it S3 says of an object that it is gone, else that it is forbidden",
}
# Lambda asks these in a function's name for a queue that feeds it; the emulator takes messages without asking.
FEEDING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def literal(resource) -> str:
    """A resource as it is written: `Table`, `ContentBucket/artwork/*`, `SigningQueue`, or a parameter that names one."""
    if "Ref" in resource:
        return resource["Ref"]
    text = resource.get("Fn::Sub") or "${" + ".".join(resource["Fn::GetAtt"]) + "}"
    return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text)


def names(template: dict) -> dict[str, str]:
    """Physical name in the local stack -> logical id, of what has a name."""
    found = {}
    for logical_id, resource in template["Resources"].items():
        for field in ("QueueName", "FunctionName"):
            name = resource.get("Properties", {}).get(field)
            if isinstance(name, dict) and "Fn::Sub" in name:
                found[name["Fn::Sub"].replace("${AWS::StackName}", "shirushi")] = logical_id
    return found


class Grant:
    """One action that a statement allows, narrowed to one resource, kind of key or kind of row."""

    def __init__(self, function: str, action: str, detail: str, holds) -> None:
        self.function, self.action, self.detail, self.holds = function, action, detail, holds

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.detail}"

    @property
    def key(self) -> tuple[str, str, str]:
        return self.function, self.action, self.detail


def grants(template: dict) -> list[Grant]:
    found = []
    called = names(template)
    for function, name in transform.functions(template).items():
        for policy in template["Resources"][function]["Properties"].get("Policies", []) + added(template, function):
            for statement in policy["Statement"]:
                for action in listed(statement["Action"]):
                    found += [Grant(name, action, *narrowed) for narrowed in details(statement, called)]
    return found


def added(template: dict, function: str) -> list[dict]:
    """Policies that a function's role has under a condition, each a resource of its own."""
    policies = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Policy"]
    return [policy["PolicyDocument"] for policy in policies if {"Ref": f"{function}Role"} in policy["Roles"]]


def details(statement: dict, called: dict[str, str]) -> list[tuple]:
    condition = statement.get("Condition", {})
    for operator in ("ForAllValues:StringLike", "ForAllValues:StringEquals"):
        patterns = condition.get(operator, {}).get("dynamodb:LeadingKeys")
        if patterns:
            return [(pattern, lambda call, pattern=pattern: any(fnmatch.fnmatchcase(k, pattern) for k in call["keys"])) for pattern in patterns]
    purpose = condition.get("StringEquals", {}).get("aws:ResourceTag/shirushi:purpose")
    if purpose:
        return [(f"{purpose} keys", lambda call: call["purpose"] == purpose)]
    return [(text, holds(text, called)) for text in map(literal, listed(statement["Resource"]))]


def holds(text: str, called: dict[str, str]):
    """Whether a call was about the resource that is written so."""
    bucket, slash, path = text.partition("/")
    if bucket.endswith("Bucket"):
        pattern = f"arn:aws:s3:::*{bucket.lower()}*{slash}{path}"
        return lambda call: fnmatch.fnmatchcase(call["resource"].lower(), pattern)
    if text.startswith("arn:"):
        pattern = re.sub(r"\$\{[^}]*\}", "*", text.replace("${AWS::StackName}", "shirushi"))
        return lambda call: fnmatch.fnmatchcase(call["resource"], pattern)
    if text.endswith("Queue"):
        return lambda call: called.get(call["resource"].rpartition(":")[2]) == text
    return lambda call: True


def compare(template: dict, calls: list[dict]) -> list[str]:
    """What is wrong, a line each."""
    roles = transform.functions(template)
    complaints, seen = [], set()
    known = grants(template)
    for call in calls:
        function = next((name for logical_id, name in roles.items() if f"{logical_id}Role" in call["role"]), None)
        allowing = [g for g in known if g.function == function and g.action == call["action"] and g.holds(call)]
        if function and not allowing:
            complaints.append(f"not allowed, but asked for: {json.dumps(call)}")
        seen.update(grant.key for grant in allowing)
    for grant in known:
        excused = grant.key in UNSEEN or grant.action in FEEDING
        if grant.key not in seen and not excused:
            complaints.append(f"allowed, but never asked for: {grant}")
    complaints += [f"excused, but not allowed: {key}" for key in UNSEEN if key not in {grant.key for grant in known}]
    return complaints


def main() -> int:
    calls = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    complaints = compare(transform.load(), calls)
    print(*complaints, sep="\n", end="\n" if complaints else "")
    print(f"{len(calls)} kinds of calls, {len(complaints)} complaints")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
