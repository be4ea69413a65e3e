"""A small stack for tests of the emulator alone: small.yaml, with a probe as its only function."""

import json
import sys
from pathlib import Path

import boto3
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import deploy  # noqa: E402
import stack  # noqa: E402
import transform  # noqa: E402

PROBE = Path(__file__).with_name("probe.py")
ACCOUNT = "000000000000"


class SmallStack:
    """Its state outlives it: another one on the same folder takes it up again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.emulator = stack.Emulator(folder / "state", folder / "logs", 0, 0, persist=True)
        self.emulator.wait_until_ready()
        template = transform.load(Path(__file__).with_name("small.yaml"))
        functions = transform.functions(template)
        (folder / "probes").mkdir(exist_ok=True)
        for name in functions.values():
            probe = folder / "probes" / name
            probe.write_text(f"#!{sys.executable}\n{PROBE.read_text(encoding='utf-8')}", encoding="utf-8")
            probe.chmod(0o755)
        code = deploy.upload(self.client("s3"), functions, folder / "probes", folder / "store")
        body = json.dumps(transform.localise(transform.transform(template, code), deploy.API_ID))
        self.outputs = deploy.apply(self.client("cloudformation"), {"TemplateBody": body}, {})
        self.emulator.keep()

    def client(self, service: str, credentials: tuple[str, str] = ("test", "test")):
        session = boto3.Session(*credentials, region_name=stack.CREDENTIALS["AWS_REGION"])
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return session.client(service, endpoint_url=self.emulator.environment["AWS_ENDPOINT_URL"], config=config)

    def user(self, name: str, *statements: dict) -> tuple[str, str]:
        """The credentials of a new user who may do this and nothing else."""
        iam, policy = self.client("iam"), {"Version": "2012-10-17", "Statement": statements}
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="-", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def log(self, function: str) -> str:
        path = self.folder / "logs" / f"{deploy.STACK}-{function}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""


def allow(action: str, *resources: str) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resources}
