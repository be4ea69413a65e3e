"""template.yaml -> plain CloudFormation, for the local stack and for the linter.

    transform.py [--local]      prints the transformed template as JSON

SAM's own transform, run here instead of inside CloudFormation. The linter needs its result because a circle that SAM
creates (role <-> key) cannot be seen in the source. `localise` then makes the few changes that the emulator needs, each with
its reason; everything else is deployed locally as it would be in AWS.
"""

import json
import logging
import os
import sys
from pathlib import Path

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It would like somebody to publish its usage metrics, and to be told of features that it tries out.
for name in ("samtranslator.metrics", "samtranslator.feature_toggle.feature_toggle"):
    logging.getLogger(name).setLevel(logging.ERROR)

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
FONTS = TEMPLATE.parent / ".local" / "fonts"

def load(path: Path = TEMPLATE) -> dict:
    return yaml_parse(path.read_text(encoding="utf-8"))


def functions(template: dict) -> dict[str, str]:
    """Logical id -> package name, which is also the name of its folder and its binary."""
    return {
        logical_id: resource["Properties"]["CodeUri"].removeprefix("functions/")
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def transform(template: dict, code: dict[str, dict]) -> dict:
    """The template as CloudFormation sees it. `code`: logical id -> {"Bucket": …, "Key": …} of its package."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # SAM asks for a region although it calls nobody
    for logical_id, location in code.items():
        template["Resources"][logical_id]["Properties"]["CodeUri"] = location
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = {"Bucket": "artifacts", "Key": logical_id}
    defaults = {name: parameter["Default"] for name, parameter in template.get("Parameters", {}).items()}
    return Translator({}, Parser()).translate(template, defaults)


def localise(template: dict, api_id: str) -> dict:
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Lambda::Function" if properties.pop("Layers", None):
                # The functions are processes on this machine, whose /opt is nobody's to fill.
                properties["Environment"]["Variables"]["FONTS_DIR"] = str(FONTS)
            case "AWS::Lambda::Alias":
                resource.pop("UpdatePolicy", None)
            case "AWS::ApiGatewayV2::Api":
                # A fixed id, so that the front door knows where to go.
                properties["Tags"] = {"ms-custom-id": api_id}
            case "AWS::S3::BucketPolicy":
                # The local endpoint is plain HTTP: a policy that demands TLS would refuse everything.
                statements = properties["PolicyDocument"]["Statement"]
                properties["PolicyDocument"]["Statement"] = [s for s in statements if s["Sid"] != "TlsOnly"]
            case "AWS::SQS::Queue" if properties.get("VisibilityTimeout", 0) > 60:
                # Whoever kills a worker here wants to see its message come back in a minute, not in six.
                properties["VisibilityTimeout"] = 60
            case "AWS::KMS::Key":
                for statement in properties["KeyPolicy"]["Statement"]:
                    localise_condition(statement.get("Condition", {}))
    # The emulator knows no CodeDeploy: an alias moves to the new version at once.
    dropped = ("AWS::Lambda::LayerVersion", "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup")
    # A policy without statements is not a policy.
    template["Resources"] = {
        logical_id: resource
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] not in dropped
        and logical_id != "CodeDeployServiceRole"
        and "Metrics" not in resource.get("Properties", {})  # nor alarms about more than one metric
        and (resource["Type"] != "AWS::S3::BucketPolicy" or resource["Properties"]["PolicyDocument"]["Statement"])
    }
    return template


def localise_condition(condition: dict) -> None:
    # The emulator does not tell policies the signing algorithm; the condition would never hold.
    strings = condition.get("StringEquals", {})
    if strings.pop("kms:SigningAlgorithm", None) and not strings:
        del condition["StringEquals"]
    # AWS compares aws:PrincipalArn of an assumed role with the role's ARN, the emulator with the session's.
    roles = condition.pop("ArnEquals", {}).get("aws:PrincipalArn")
    if roles:
        sessions = [
            {"Fn::Sub": f"arn:aws:sts::${{AWS::AccountId}}:assumed-role/${{{role['Fn::GetAtt'][0]}}}/*"}
            for role in (roles if isinstance(roles, list) else [roles])
        ]
        condition["ArnLike"] = {"aws:PrincipalArn": sessions}


def main() -> None:
    template = load()
    # A stand-in location: only a deployment knows the real one.
    code = {logical_id: {"Bucket": "artifacts", "Key": name} for logical_id, name in functions(template).items()}
    result = transform(template, code)
    if "--local" in sys.argv[1:]:
        result = localise(result, "local")
    json.dump(result, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
