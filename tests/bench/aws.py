"""Counting what is asked of AWS: a proxy in front of the local AWS, and DynamoDB's arithmetic of read and write units."""

import collections
import contextlib
import http.client
import json
import math
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3

UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
TRANSACTION_FACTOR = 2
NESTED_BYTES = 3  # of a list or map, and one more for each of its members


class Calls:
    """What went through the proxy."""

    def __init__(self) -> None:
        self.names = collections.Counter()
        self.writes: list[tuple[dict, int]] = []  # key of an item, factor
        self.read_units = 0.0
        self.lock = threading.Lock()

    def note(self, method: str, path: str, target: str, body: bytes) -> None:
        with self.lock:
            if not target:
                name = "ses:SendEmail" if path.startswith("/v2/email/") else f"s3:{method.title()}"
                self.names[name] += 1
                return
            service, _, operation = target.partition(".")
            service = {"TrentService": "kms", "DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs"}.get(service, service)
            self.names[f"{service}:{operation}"] += 1
            if service == "dynamodb":
                self.writes += written(operation, json.loads(body))

    def note_answer(self, target: str, body: bytes, answer: bytes) -> None:
        service, _, operation = target.partition(".")
        if service == "DynamoDB_20120810":
            with self.lock:
                self.read_units += read(operation, json.loads(body), json.loads(answer or b"{}"))

    def of(self, prefix: str) -> int:
        return sum(count for name, count in self.names.items() if name.startswith(prefix))

    def forget(self) -> None:
        with self.lock:
            self.names.clear()
            self.writes.clear()
            self.read_units = 0.0


def written(operation: str, request: dict) -> Iterator[tuple[dict, int]]:
    """Keys of the items that an operation writes, each with its price factor. What is deleted while issuing is smaller than a unit."""
    if operation == "PutItem":
        yield key_of(request["Item"]), 1
    elif operation == "UpdateItem":
        yield request["Key"], 1
    elif operation == "BatchWriteItem":
        for requests in request["RequestItems"].values():
            for entry in requests:
                yield key_of(entry["PutRequest"]["Item"]), 1
    elif operation == "TransactWriteItems":
        for entry in request["TransactItems"]:
            (action, details), = entry.items()
            yield key_of(details["Item"]) if action == "Put" else details["Key"], TRANSACTION_FACTOR
    elif operation.startswith(("DeleteItem", "ExecuteStatement", "BatchExecute")):
        raise ValueError(f"no arithmetic for {operation}")


def read(operation: str, request: dict, answer: dict) -> float:
    """Read units of an operation. An item counts whole, whatever is left out of the answer: where that happens this says too little."""
    def units(*items: dict) -> int:
        return max(1, math.ceil(sum(map(item_bytes, items)) / READ_UNIT_BYTES))

    def factor(request: dict) -> float:
        return 1 if request.get("ConsistentRead") else 0.5

    if operation == "GetItem":
        return factor(request) * units(answer.get("Item", {}))
    if operation == "Query":
        return factor(request) * units(*answer.get("Items", []))
    if operation == "BatchGetItem":
        total = 0.0
        for table, wanted in request["RequestItems"].items():
            found = answer.get("Responses", {}).get(table, [])
            total += factor(wanted) * (sum(map(units, found)) + len(wanted["Keys"]) - len(found))
        return total
    return 0.0


def key_of(item: dict) -> dict:
    return {name: item[name] for name in ("pk", "sk")}


@contextlib.contextmanager
def counting(endpoint: str, invoke: Callable[[bytes], bytes] | None = None) -> Iterator[tuple[str, Calls]]:
    """A proxy in front of `endpoint`: its address and what it has seen. Signatures stay valid, since the host is passed on.

    A function that is invoked through it is `invoke`, whatever its name: payload to answer."""
    upstream, calls = urllib.parse.urlsplit(endpoint), Calls()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.upstream = http.client.HTTPConnection(upstream.hostname, upstream.port)

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if invoke and self.path.startswith("/2015-03-31/functions/"):
                calls.names["lambda:Invoke"] += 1
                content = invoke(body)
                head = ["HTTP/1.1 200 OK", f"content-length: {len(content)}", "content-type: application/json", "", ""]
                self.wfile.write("\r\n".join(head).encode() + content)
                return
            calls.note(self.command, self.path, self.headers.get("x-amz-target", ""), body)
            self.upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                self.upstream.putheader(name, value)
            self.upstream.endheaders(body)
            answer = self.upstream.getresponse()
            content = answer.read()
            calls.note_answer(self.headers.get("x-amz-target", ""), body, content)
            head = [f"HTTP/1.1 {answer.status} {answer.reason}", f"content-length: {len(content)}"]
            skipped = ("content-length", "transfer-encoding", "connection")
            head += [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in skipped]
            self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + content)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = forward

        def log_message(self, *_) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", calls
        finally:
            server.shutdown()


def write_units(environment: dict[str, str], writes: list[tuple[dict, int]]) -> list[tuple[str, int, int]]:
    """Of every write: the kind of item, its size as it lies in the table now, and the units the write cost."""
    dynamodb = boto3.client(
        "dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"], aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    found = []
    for key, factor in writes:
        item = dynamodb.get_item(TableName=environment["TABLE_NAME"], Key=key, ConsistentRead=True).get("Item", key)
        size = item_bytes(item)
        found.append((kind_of(key), size, factor * max(1, math.ceil(size / UNIT_BYTES))))
    return found


def kind_of(key: dict) -> str:
    """Where an item lies in the map at the top of shared/store/src/key.rs, without its ids: `EVENT CRED`, `ORG/MAIL`."""
    pk, sk = key["pk"]["S"], key["sk"]["S"]
    partition, kind = "/".join(pk.split("#")[::2]), sk.partition("#")[0]
    return f"{partition} {kind}" if kind.isalpha() and kind.isupper() else partition


def item_bytes(item: dict) -> int:
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


def size_of(value: dict) -> int:
    """Bytes of an attribute's value: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    (kind, content), = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return math.ceil(len(content.strip("-").replace(".", "").strip("0")) / 2) + 1 + content.startswith("-")
        case "BOOL" | "NULL":
            return 1
        case "L":
            return NESTED_BYTES + sum(1 + size_of(member) for member in content)
        case "M":
            return NESTED_BYTES + sum(1 + len(name.encode()) + size_of(member) for name, member in content.items())
        case "SS":
            return sum(len(member.encode()) for member in content)
    raise ValueError(f"no arithmetic for attributes of type {kind}")
