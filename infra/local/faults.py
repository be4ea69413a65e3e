"""AWS as it is on a bad day: a proxy between the functions and the emulator that carries out the rules a test gives it.

It forwards whole requests byte for byte, so signatures hold, each by a connection of its own. A function is known by its `app/…` in
`User-Agent`, which names its process; so a rule can also end the very process that is calling, by SIGKILL, as Lambda's host does
when it fails. The calls of one invocation are numbered from 1.

`PUT /_faults` takes the rules, a JSON array, in place of all before; `GET /_faults` tells them with `seen`, how many calls each has
matched, and `done`, how often it acted. The first rule that is due acts.

    {"function": "issuance", "operation": "dynamodb.TransactWriteItems", "holds": "PENDING#",   each optional: which calls
     "call": 3,                                                                                 the how-manieth of its invocation
     "nth": 1, "times": 1,                                                                      from which of them on, how often
     "do": …}

| do | what happens |
| --- | --- |
| `{"answer": {"status": 400, "body": "…"}}` | this answer, and nothing is carried out |
| `{"wait": SECONDS}` | it is carried out after a while |
| `"lose"` | it is carried out, and the connection ends instead of an answer |
| `"drop"` | the connection ends, and nothing is carried out |
| `"twice"` | it is carried out twice: what a queue takes is delivered twice |
| `"kill_before"`, `"kill_after"` | the calling process ends before, or after, it is carried out |

Operations are `service.Operation`: of the JSON protocols `dynamodb`, `sqs` and `kms`, the path's of `lambda` (`lambda.POST`), of S3 the
method (`s3.PUT`).
"""

import asyncio
import json
import re
from collections import Counter

HEAD_LIMIT = 64 * 1024
SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "TrentService": "kms"}


class Rule:
    def __init__(self, given: dict) -> None:
        self.given, self.seen, self.done = given, 0, 0

    def is_due(self, function: str, operation: str, call: int, request: bytes) -> bool:
        given = self.given
        actual = {"function": function, "operation": operation, "call": call}
        if any(given.get(name, value) != value for name, value in actual.items()):
            return False
        if given.get("holds", "").encode() not in request:
            return False
        self.seen += 1
        first = given.get("nth", 1)
        due = first <= self.seen and self.done < given.get("times", 1)
        self.done += due
        return due

    def told(self) -> dict:
        return {**self.given, "seen": self.seen, "done": self.done}


class Proxy:
    """`upstream`: the emulator's port. `kill`: ends the process of this name."""

    def __init__(self, upstream: int, kill) -> None:
        self.upstream, self.kill = upstream, kill
        self.rules: list[Rule] = []
        self.calls: Counter[bytes] = Counter()  # by invocation

    async def serve(self, listener) -> asyncio.Server:
        return await asyncio.start_server(self.answer, sock=listener, limit=HEAD_LIMIT)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head, body = await read(reader, writer)
            if (answer := await self.act(head, body)) is not None:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked is gone
        finally:
            writer.close()

    async def act(self, head: bytes, body: bytes) -> bytes | None:
        """The answer to a request; none when there shall be none."""
        method, target = head.split(b" ", 2)[:2]
        if target == b"/_faults":
            if method == b"PUT":
                self.rules = [Rule(given) for given in json.loads(body)]
            return answer(200, json.dumps([rule.told() for rule in self.rules]))
        process, operation = caller(head), operation_of(head)
        function = process.partition(".")[0].rpartition("-")[2]
        # The SDK passes the trace of its invocation on; what a function asks while it starts belongs to none.
        invocation = header(head, b"x-amzn-trace-id")
        self.calls[invocation] += bool(invocation)
        call = self.calls[invocation]
        rule = next((rule for rule in self.rules if rule.is_due(function, operation, call, target + body)), None)
        do = rule.given["do"] if rule else None
        match do:
            case {"answer": given}:
                return answer(given["status"], given["body"])
            case {"wait": seconds}:
                await asyncio.sleep(seconds)
            case "drop":
                return None
            case "kill_before":
                self.kill(process)
                return None
            case "twice":
                await self.forward(head, body)
        answered = await self.forward(head, body)
        if do == "kill_after":
            self.kill(process)
        return None if do in ("lose", "kill_after") else answered

    async def forward(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        try:
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"expect:"))]
            writer.write(b"\r\n".join([lines[0], b"Connection: close", *lines[1:]]) + body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[bytes, bytes]:
    """One request: its head with the empty line, and its body as it came."""
    head = await reader.readuntil(b"\r\n\r\n")
    if header(head, b"expect"):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if header(head, b"transfer-encoding"):
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            line = await reader.readuntil(b"\r\n")
            body += line + await reader.readexactly(int(line.split(b";")[0], 16) + 2)
        return head, body
    return head, await reader.readexactly(int(header(head, b"content-length") or 0))


def header(head: bytes, name: bytes) -> bytes:
    found = re.search(rb"\r\n" + re.escape(name) + rb":[ \t]*([^\r]*)\r\n", head, re.IGNORECASE)
    return found[1] if found else b""


def caller(head: bytes) -> str:
    """The process as it names itself; empty for whoever is no function."""
    found = re.search(rb"\bapp/(\S+)", header(head, b"x-amz-user-agent") or header(head, b"user-agent"))
    return found[1].decode() if found else ""


def operation_of(head: bytes) -> str:
    target = header(head, b"x-amz-target").decode()
    if target:
        service, _, operation = target.partition(".")
        return f"{SERVICES.get(service, service)}.{operation}"
    signed = re.search(rb"Credential=[^/]+/\d+/[^/]+/(\w+)/", header(head, b"authorization"))
    return f"{signed[1].decode() if signed else 's3'}.{head.split(b' ', 1)[0].decode()}"


def answer(status: int, body: str) -> bytes:
    content = body.encode()
    kind = "application/xml" if body.startswith("<") else "application/x-amz-json-1.0"
    head = f"HTTP/1.1 {status} Fault\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    return head.encode() + content


def tune(endpoint: str):
    """Has every function call AWS at `endpoint` and name its process; returns what ends a process by that name."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    environment, spawn = lambda_svc._provided_worker_env, lambda_runtime.ProvidedWorker._spawn
    workers = []

    def name(function: str, runtime_api: str) -> str:
        return f"{function}.{runtime_api.rpartition(':')[2]}"

    def worker_environment(*arguments):
        variables = environment(*arguments)
        process = name(variables["AWS_LAMBDA_FUNCTION_NAME"], variables["AWS_LAMBDA_RUNTIME_API"])
        return {**variables, "AWS_ENDPOINT_URL": endpoint, "AWS_SDK_UA_APP_ID": process}

    def spawn_known(self, *arguments, **named):
        if self not in workers:
            workers.append(self)
        spawn(self, *arguments, **named)

    def kill(process: str) -> None:
        for worker in workers:
            server, running = worker._server, worker._proc
            if server and running and name(worker.func_name, str(server.server_address[1])) == process:
                running.kill()
                return
        raise LookupError(process)

    lambda_svc._provided_worker_env = worker_environment
    lambda_runtime.ProvidedWorker._spawn = spawn_known
    return kill
