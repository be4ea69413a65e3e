"""The proxy before the local AWS: whom it takes a call for, and what it does to it."""

import asyncio
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import faults  # noqa: E402

FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfound"


def call(function: str = "issuance", operation: str = "DynamoDB_20120810.PutItem", body: str = "{}", trace: str = "Root=1") -> bytes:
    lines = [
        "POST / HTTP/1.1", "Host: aws", f"X-Amz-Target: {operation}", f"X-Amzn-Trace-Id: {trace}",
        f"User-Agent: aws-sdk-rust/1 app/shirushi-{function}.4711 os/linux", f"Content-Length: {len(body)}", "", body,
    ]
    return "\r\n".join(lines).encode()


class Faults(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.taken, self.killed = [], []

        async def emulator(reader, writer):
            self.taken.append(await reader.read(100_000))
            writer.write(FOUND)
            writer.close()

        upstream = await asyncio.start_server(emulator, "127.0.0.1", 0)
        self.addAsyncCleanup(upstream.wait_closed)
        self.addCleanup(upstream.close)
        proxy = faults.Proxy(upstream.sockets[0].getsockname()[1], self.killed.append)
        server = await asyncio.start_server(proxy.answer, "127.0.0.1", 0)
        self.addCleanup(server.close)
        self.port = server.sockets[0].getsockname()[1]

    async def ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    async def rules(self, *rules: dict) -> list[dict]:
        body = json.dumps(rules)
        method = "PUT" if rules else "GET"
        answer = await self.ask(f"{method} /_faults HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    async def test_without_rules_everything_passes_as_it_came(self):
        self.assertEqual(await self.ask(call(body="abc")), FOUND)
        head, _, body = self.taken[0].partition(b"\r\n\r\n")
        self.assertEqual(body, b"abc")
        self.assertEqual(sorted(head.split(b"\r\n")), sorted([b"Connection: close", *call(body="abc").split(b"\r\n")[:-2]]))

    async def test_chunked_bodies_pass_too(self):
        body = b"5;chunk-signature=x\r\nhello\r\n0\r\n\r\n"
        request = b"PUT /bucket/key HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        self.assertEqual(await self.ask(request), FOUND)
        self.assertTrue(self.taken[0].endswith(body))

    async def test_a_rule_matches_what_it_names_from_its_nth_on_and_as_often_as_it_says(self):
        refused = {"answer": {"status": 400, "body": "{}"}}
        await self.rules({"function": "issuance", "operation": "dynamodb.PutItem", "holds": "EVENT#", "nth": 2, "times": 2, "do": refused})
        others = [call(function="mail", body="EVENT#"), call(operation="TrentService.Sign", body="EVENT#"), call()]
        for other in others:
            self.assertEqual(await self.ask(other), FOUND)
        answers = [(await self.ask(call(body="EVENT#1"))).split(b" ")[1] for _ in range(4)]
        self.assertEqual(answers, [b"200", b"400", b"400", b"200"])
        self.assertEqual([(rule["seen"], rule["done"]) for rule in await self.rules()], [(4, 2)])

    async def test_calls_are_numbered_by_invocation(self):
        await self.rules({"call": 2, "do": "kill_before"})
        for trace in ("Root=1", "Root=2"):
            self.assertEqual(await self.ask(call(trace=trace)), FOUND)
        self.assertEqual((await self.ask(call(trace="Root=2")), self.killed), (b"", ["shirushi-issuance.4711"]))

    async def test_what_is_lost_was_done_and_what_is_dropped_was_not(self):
        for do, times, killed in (("lose", 1, 0), ("drop", 0, 0), ("kill_before", 0, 1), ("kill_after", 1, 1)):
            self.taken.clear()
            self.killed.clear()
            await self.rules({"do": do})
            self.assertEqual(await self.ask(call()), b"", do)
            self.assertEqual((len(self.taken), len(self.killed)), (times, killed), do)
        await self.rules({"do": "twice"})
        self.taken.clear()
        self.assertEqual((await self.ask(call()), len(self.taken)), (FOUND, 2))

    def test_operations_are_named_by_target_or_method(self):
        signed = b"GET /bucket/key HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/s3/aws4_request\r\n\r\n"
        self.assertEqual(faults.operation_of(signed), "s3.GET")
        self.assertEqual(faults.operation_of(b"PUT /bucket/key?X-Amz-Signature=1 HTTP/1.1\r\nHost: x\r\n\r\n"), "s3.PUT")
        self.assertEqual(faults.operation_of(call(operation="AmazonSQS.SendMessageBatch")), "sqs.SendMessageBatch")


if __name__ == "__main__":
    unittest.main()
