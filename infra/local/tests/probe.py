"""A function without purpose: answers with its own event, and does what the query tells it to do with AWS."""

import base64
import json
import os
import urllib.request

import boto3

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def client(service: str):
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def act(action: str, argument: str) -> str:
    match action:
        case "write":
            client("dynamodb").put_item(TableName=os.environ["TABLE_NAME"], Item={"pk": {"S": argument}, "sk": {"S": "-"}})
        case "read":
            key = {"pk": {"S": argument}, "sk": {"S": "-"}}
            if "Item" not in client("dynamodb").get_item(TableName=os.environ["TABLE_NAME"], Key=key):
                return "absent"
        case "put":
            client("s3").put_object(Bucket=os.environ["BUCKET_NAME"], Key=argument, Body=b"-")
        case "get":
            client("s3").get_object(Bucket=os.environ["BUCKET_NAME"], Key=argument)
        case "sign":
            key, algorithm = argument.split("|")
            client("kms").sign(KeyId=key, Message=b"-", MessageType="RAW", SigningAlgorithm=algorithm)
    return "done"


def handle(event: dict) -> dict:
    if "Records" in event:
        for record in event["Records"]:
            print("record", record["body"], flush=True)
        refused = [record["messageId"] for record in event["Records"] if record["body"] == "poison"]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in refused]}
    if "routeKey" not in event:  # a schedule's
        print("event", json.dumps(event), flush=True)
        return {}
    print("handling", event["routeKey"], flush=True)
    query = event.get("queryStringParameters", {})
    if "action" in query:
        try:
            return {"statusCode": 200, "body": act(query["action"], query["argument"])}
        except Exception as refusal:
            return {"statusCode": 403, "body": str(refusal)}
    if event.get("isBase64Encoded"):
        return {"statusCode": 200, "headers": {"content-type": "image/png"}, "isBase64Encoded": True, "body": event["body"]}
    body = base64.b64encode(json.dumps(event).encode()).decode()
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "isBase64Encoded": True, "body": body}


def main() -> None:
    while True:
        with urllib.request.urlopen(f"{RUNTIME}/next") as invocation:
            request_id, event = invocation.headers["Lambda-Runtime-Aws-Request-Id"], json.load(invocation)
        answer = json.dumps(handle(event)).encode()
        urllib.request.urlopen(f"{RUNTIME}/{request_id}/response", data=answer).close()


main()
