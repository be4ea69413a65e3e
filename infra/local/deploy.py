"""template.yaml and the built functions -> a stack in the local AWS."""

import hashlib
import io
import json
import os
import platform
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import transform

STACK = "shirushi"
ARTIFACTS = "artifacts"
# The emulator numbers APIs with eight hex digits and takes a given one.
API_ID = "5411053a"
# What the stack is to an identity provider, which is on this machine too. It guards nothing.
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = "shirushi", "a secret: of/this stack's + client"


class DeploymentFailed(Exception):
    """The stack did not reach the state asked for; the text says what CloudFormation said."""


def deploy(
    environment: dict[str, str], binaries: Path, store: Path, base_url: str, outbound: Sequence[str] = (), issuer: str | None = None
) -> dict[str, str]:
    """Creates the stack or brings it up to date. Returns its outputs.

    The validator may fetch from the stack itself, which is how it checks what was issued here, and from `outbound`. `issuer`: of an
    identity provider, by which people may sign in too.
    """
    client = clients(environment)
    parameters = {
        "Stage": "local",
        "Architecture": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        "PublicBaseUrl": base_url,
        "Rs256": "true",
        "MailFrom": "badges@shirushi.example",
        "MailIdentity": "shirushi.example",
        "MailPerSecond": "100",
        # Ten would only wait for the one emulator, and for each other.
        "Signers": "2",
        # Nobody is held to anything, unless an organisation is given a smaller plan.
        "Plans": (Path(__file__).parents[1] / "plans.json").read_text(encoding="utf-8"),
        "OutboundAllow": ",".join([base_url.removeprefix("http://"), *outbound]),
    }
    if issuer:
        parameters |= {
            "OidcIssuer": issuer,
            "OidcClientId": OIDC_CLIENT_ID,
            "OidcClientSecretArn": keep_secret(client("secretsmanager")),
            "OidcName": "印大学 Seal University",
            "OidcDomains": "believed.example",
            "OutboundAllow": ",".join([parameters["OutboundAllow"], urlsplit(issuer).netloc]),
        }
    return roll_out(client, parameters, binaries, store)


def change(environment: dict[str, str], parameters: dict[str, str], binaries: Path, store: Path) -> dict[str, str]:
    """Deploys a stack that is there with these parameters changed, as `infra/deploy --parameter-overrides` does in AWS."""
    client = clients(environment)
    stack = describe(client("cloudformation"))
    if stack is None:
        raise DeploymentFailed(f"there is no stack {STACK}")
    before = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack["Parameters"]}
    return roll_out(client, before | parameters, binaries, store)


def clients(environment: dict[str, str]) -> Callable:
    session = boto3.Session(
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name=environment["AWS_REGION"]
    )
    # One connection attempt is enough for a server on this machine; waiting hides what is wrong.
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return lambda service: session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)


def roll_out(client: Callable, parameters: dict[str, str], binaries: Path, store: Path) -> dict[str, str]:
    template = transform.load()
    code = upload(client("s3"), transform.functions(template), binaries, store)
    # What infra/deploy writes there is new each time; here nothing is deployed anew that is as it was.
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables["DEPLOYED"] = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    body = json.dumps(transform.localise(transform.transform(template, code), API_ID))
    # CloudFormation takes 51,200 characters in a request; anything longer lies in S3, as the SAM command line does it too.
    s3, key = client("s3"), "template.json"
    s3.put_object(Bucket=ARTIFACTS, Key=key, Body=body.encode())
    where = {"TemplateURL": f"{s3.meta.endpoint_url}/{ARTIFACTS}/{key}"}
    outputs = apply(client("cloudformation"), where, parameters)
    # The emulator's CloudFormation passes over the table's TimeToLiveSpecification.
    enable_ttl(client("dynamodb"), outputs["TableName"], template["Resources"]["Table"]["Properties"])
    return outputs


def keep_secret(secrets) -> str:
    """The client's secret, where the operator of a deployment would put it; its ARN."""
    name = f"{STACK}-oidc"
    try:
        return secrets.create_secret(Name=name, SecretString=OIDC_CLIENT_SECRET)["ARN"]
    except secrets.exceptions.ResourceExistsException:
        return secrets.describe_secret(SecretId=name)["ARN"]


def upload(s3, functions: dict[str, str], binaries: Path, store: Path) -> dict[str, dict]:
    try:
        s3.create_bucket(Bucket=ARTIFACTS)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    code = {}
    for logical_id, name in functions.items():
        package = pack(binaries / name, store)
        key = f"{name}/{hashlib.sha256(package).hexdigest()}.zip"
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=package)
        code[logical_id] = {"Bucket": ARTIFACTS, "Key": key}
    return code


def pack(binary: Path, store: Path) -> bytes:
    """A package whose bootstrap starts the stored copy of the binary.

    A debug build is tens of megabytes per function, and the emulator keeps every package in memory, in its object store
    and unpacked on disk. The copy is named by its content, so a function runs what was deployed, whatever is rebuilt since.
    """
    with binary.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    stored = store / digest / binary.name
    if not stored.exists():
        stored.parent.mkdir(parents=True, exist_ok=True)
        unfinished = stored.with_name(f"{binary.name}.{os.getpid()}")
        shutil.copy2(binary, unfinished)
        unfinished.rename(stored)
    stored.parent.touch()  # see `forget_old`
    bootstrap = zipfile.ZipInfo("bootstrap")  # its time stamp is constant, so the same binary gives the same package
    bootstrap.external_attr = 0o755 << 16
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(bootstrap, f'#!/bin/sh\nexec "{stored}"\n')
    return package.getvalue()


def forget_old(store: Path, older_than_seconds: float, now: float) -> None:
    """Removes copies that no deployment has used for a while."""
    for folder in store.iterdir() if store.exists() else ():
        if now - folder.stat().st_mtime > older_than_seconds:
            shutil.rmtree(folder, ignore_errors=True)


def apply(cloudformation, template: dict[str, str], parameters: dict[str, str]) -> dict[str, str]:
    request = {
        "StackName": STACK,
        **template,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM"],
    }
    if describe(cloudformation) is None:
        cloudformation.create_stack(**request)
        wanted, waiter = "CREATE_COMPLETE", "stack_create_complete"
    else:
        try:
            cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            return outputs(describe(cloudformation))
        wanted, waiter = "UPDATE_COMPLETE", "stack_update_complete"
    try:
        cloudformation.get_waiter(waiter).wait(StackName=STACK, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})
    finally:
        stack = describe(cloudformation)
        if stack is None or stack["StackStatus"] != wanted:
            raise DeploymentFailed(reasons(cloudformation))
    return outputs(stack)


def describe(cloudformation) -> dict | None:
    try:
        return cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def outputs(stack: dict) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def reasons(cloudformation) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("_FAILED")]
    return "\n".join(f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed)


def enable_ttl(dynamodb, table: str, properties: dict) -> None:
    wanted = properties["TimeToLiveSpecification"]
    status = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]
    if status not in ("ENABLED", "ENABLING"):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
