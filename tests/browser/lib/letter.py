"""What the mails about an application hold: the code that proves the address, and the link of an outside reviewer.

They are made here as the product makes them, from the records of the local stack, so that this test needs no mail to be sent.

    letter.py APPLICATION-URL REVIEWER
"""

import hashlib
import hmac
import json
import os
import sys
import time

import boto3


def tag(secret: bytes, usage: str, text: str) -> bytes:
    key = hmac.digest(secret, usage.encode(), hashlib.sha512)
    return hmac.digest(key, text.encode(), hashlib.sha256)[:16]


def main(url: str, reviewer: str) -> None:
    base, _, rest = url.partition("/apply/")
    form, _, link = rest.partition("/applications/")
    application = link.split(".")[0]
    table = boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name=os.environ["AWS_REGION"])

    def read(pk: str) -> dict:
        item = table.get_item(TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": pk}, "sk": {"S": "HEAD"}})["Item"]
        return json.loads(item["doc"]["S"])

    secret = bytes.fromhex(read(f"FORM#{form}")["secret"])
    record = read(f"APPLICATION#{application}")
    email, proof = record["applicant"]["email"].lower(), record.get("proof")
    letter = {}
    if proof:
        number = int.from_bytes(tag(secret, "proof code", f"{application} {proof['round']} {email}"), "big") % 1_000_000
        letter["code"] = f"{number:06}"
    part = f"{application}.r{reviewer}.{int(time.time()) + 86_400:08x}"
    letter["review"] = f"{base}/apply/{form}/applications/{part}.{tag(secret, 'application link', part).hex()}"
    print(json.dumps(letter))


main(*sys.argv[1:])
