"""Powers in the local AWS: rows as AWS tells policies of them, and what the functions ask for, noted for `iam.py`: each kind of call
once, as a line of JSON in the folder of logs."""

import contextvars
import json
import re
import threading
from pathlib import Path

NOTES = "powers.jsonl"
# The attribute that rows of the table are parted by.
PARTITION = "pk"


def tune(logs: Path) -> None:
    tune_rows()
    note(logs)


def tune_rows() -> None:
    """`dynamodb:LeadingKeys`, which MiniStack does not tell policies; without it a condition on rows holds for every row."""
    from ministack.core import iam_actions, iam_evaluator

    context, checks, enforce = iam_actions.dynamodb_service_context, iam_actions.dynamodb_transaction_checks, iam_evaluator.enforce
    # Of a transaction each item is asked about by itself.
    items: contextvars.ContextVar = contextvars.ContextVar("items", default=iter(()))

    def with_rows(body: bytes) -> dict:
        return {**context(body), "dynamodb:LeadingKeys": leading_keys(json.loads(body or b"{}"))}

    def with_items(action, body, *rest):
        found = checks(action, body, *rest)
        if found:
            items.set(iter([part for item in json.loads(body)["TransactItems"] for part in item.values()]))
        return found

    def enforce_rows(*arguments, service_context=None, **rest):
        if service_context and "dynamodb:EnclosingOperation" in service_context:
            service_context = {**service_context, "dynamodb:LeadingKeys": leading_keys(next(items.get()))}
        return enforce(*arguments, service_context=service_context, **rest)

    iam_actions.dynamodb_service_context = with_rows
    iam_actions.dynamodb_transaction_checks = with_items
    iam_evaluator.enforce = enforce_rows


def leading_keys(request: dict) -> list[str]:
    """The partition keys that a request names: of one row, of a query, or of a batch."""
    rows = [request.get("Key") or request.get("Item") or {}]
    for batch in request.get("RequestItems", {}).values():
        writes = [one for write in batch for one in write.values()] if isinstance(batch, list) else []
        rows += [one.get("Item") or one["Key"] for one in writes] or batch["Keys"]
    keys = [row[PARTITION]["S"] for row in rows if PARTITION in row]
    if queried := re.match(rf"{PARTITION} = (:\w+)", request.get("KeyConditionExpression", "")):
        keys.append(request["ExpressionAttributeValues"][queried.group(1)]["S"])
    return keys


def note(logs: Path) -> None:
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
