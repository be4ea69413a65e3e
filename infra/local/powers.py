"""What the functions ask of the local AWS, noted for `iam.py`: each kind of call once, as a line of JSON in the folder of logs."""

import json
import re
import threading
from pathlib import Path

NOTES = "powers.jsonl"


def tune(logs: Path) -> None:
    from ministack.core import iam_evaluator

    judge, lock, noted = iam_evaluator.evaluate, threading.Lock(), set()
    notes = (logs / NOTES).open("w", encoding="utf-8")  # those of one stack

    def evaluate(context, *policies):
        result = judge(context, *policies)
        if role := re.search(r":assumed-role/([^/]+)/", context.principal_arn):
            call = json.dumps(describe(role.group(1), context))
            with lock:
                if call not in noted:
                    noted.add(call)
                    print(call, file=notes, flush=True)
        return result

    iam_evaluator.evaluate = evaluate


def describe(role: str, context) -> dict:
    """A call without what differs from one record or object to the next: of keys and paths only what policies speak of."""
    keys = context.service_context.get("dynamodb:leadingkeys") or []
    return {
        "role": role,
        "action": context.action,
        "resource": re.sub(r"(:::[^/]+/[^/]+)/.*", r"\1/*", context.resource_arn),
        "keys": sorted({re.sub(r"#.*", "#*", key) for key in ([keys] if isinstance(keys, str) else keys)}),
        "purpose": context.service_context.get("aws:resourcetag/shirushi:purpose"),
    }
