"""What needs AWS: start and size of each function, issuing by HTTP API payloads, and the cost of a badge in calls and units.

    stack.py test --no-build -- python tests/bench/on_stack.py BINARIES RESULT.json

The functions measured are those in BINARIES, driven by the stand-in of runtime.py; the stack around them is their AWS. One result
per section; a section that could not be measured says why instead.
"""

import base64
import collections
import copy
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import aws
from runtime import Function, FunctionFailed, median, percentile

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".local" / "logs" / "bench"
FUNCTIONS = ("accounts", "badges", "issuance", "baking", "hosting", "validation")

STARTS = 9
WARM_UP = 20
WARM_SECONDS = 4
ISSUE_SECONDS = 6
CLIENTS = (1, 8)
BULK = 500


class StackRefused(Exception):
    """The stack's API did not answer as it should; the text is its answer."""


def main() -> None:
    binaries, result = Path(sys.argv[1]), Path(sys.argv[2])
    LOGS.mkdir(parents=True, exist_ok=True)
    bench = Bench(binaries)
    sections = {
        "functions": bench.functions, "warm": bench.warm, "issue": bench.issue, "cost": bench.cost,
    }
    measured = {}
    for name, measure in sections.items():
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        try:
            measured[name] = measure()
        except (FunctionFailed, StackRefused, OSError, KeyError, ValueError) as failure:
            measured[name] = {"failed": f"{type(failure).__name__}: {failure}"}
    result.write_text(json.dumps(measured, ensure_ascii=False), encoding="utf-8")


class Bench:
    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        names = (
            "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "TABLE_NAME", "BUCKET_NAME",
            "TOKEN_KEY_ARN", "PUBLIC_BASE_URL", "PATH",
        )
        self.environment = {name: os.environ[name] for name in names}
        self.environment["STAGE"] = "local"
        self.environment["OUTBOUND_ALLOW"] = os.environ["BASE_URL"].removeprefix("http://")
        self.base, self.client = os.environ["BASE_URL"], os.environ["CLIENT_ID"]
        self._token = self._badge = None

    def start(self, name: str, **environment: str) -> Function:
        return Function(self.binaries / name, {**self.environment, **environment}, LOGS / f"{name}.log")

    # ---- Sections -----------------------------------------------------------------------------------------------------

    def functions(self) -> dict:
        """Every function STARTS times, in turn, so that a noisy minute does not fall on one of them."""
        starts = collections.defaultdict(list)
        for _ in range(STARTS):
            for name in FUNCTIONS:
                with self.start(name) as function:
                    starts[name].append(function)
        return {name: self.start_figures(name, found) for name, found in starts.items()}

    def start_figures(self, name: str, found: list[Function]) -> dict:
        with self.start(name) as function:
            event = payload(name)
            for _ in range(100):
                function.invoke(event)
            after = function.peak_rss_bytes()
        return {
            "binary_bytes": (self.binaries / name).stat().st_size,
            "init_cpu_ms": median([function.init_cpu_seconds * 1000 for function in found]),
            "init_wall_ms": median([function.init_wall_seconds * 1000 for function in found]),
            "init_rss_bytes": median([function.init_rss_bytes for function in found]),
            "peak_rss_bytes": after,
        }

    def warm(self) -> dict:
        credential = self.credential()
        health = payload("hosting", route="GET /health")
        hosted = payload("hosting", parameters={"file": f"{credential['id']}.json"})
        validate = payload("validation", body=credential["text"])
        return {
            "hosting, health": self.invocations("hosting", health, lambda answer: True),
            "hosting, a credential": self.invocations("hosting", hosted, lambda answer: answer["statusCode"] == 200),
            "validation, a credential": self.invocations(
                "validation", validate, lambda answer: json.loads(answer["body"])["verdict"] == "valid"
            ),
        }

    def invocations(self, name: str, event: dict, good: Callable[[dict], bool]) -> dict:
        with self.start(name) as function:
            for _ in range(WARM_UP):
                answer, _ = function.invoke(event)
                if not good(answer):
                    raise StackRefused(f"{name} answered {json.dumps(answer)[:500]}")
            return self.timed([function], lambda function, _: function.invoke(event)[1], WARM_SECONDS)

    def timed(self, functions: list[Function], once: Callable[[Function, int], float], seconds: float) -> dict:
        """`once` in a loop, one loop per function, for some seconds."""
        times, cpu = [], sum(function.cpu_seconds() for function in functions)
        start = time.perf_counter()

        def loop(function: Function) -> None:
            own = []
            while time.perf_counter() < start + seconds:
                own.append(once(function, len(own)))
            times.extend(own)

        threads = [threading.Thread(target=loop, args=(function,)) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = time.perf_counter() - start
        cpu = sum(function.cpu_seconds() for function in functions) - cpu
        if not times:
            raise FunctionFailed("no invocation succeeded")
        return {
            "per_second": len(times) / wall, "p50_ms": percentile(times, 0.5) * 1000, "p99_ms": percentile(times, 0.99) * 1000,
            "cpu_us": cpu / len(times) * 1e6, "iterations": len(times),
            "peak_rss_bytes": max(function.peak_rss_bytes() for function in functions),
        }

    def issue(self) -> dict:
        """Events of one recipient. Lambda would run one function per concurrent client; so does this."""
        results = {}
        for clients in CLIENTS:
            functions = [self.start("issuance") for _ in range(clients)]
            try:
                for function in functions:
                    self.issued(function, 1)
                results[clients] = self.timed(functions, lambda function, _: self.issued(function, 1)[1], ISSUE_SECONDS)
            finally:
                for function in functions:
                    function.stop()
        return results

    def cost(self) -> dict:
        """Calls and units of one event, counted. An event before makes what an organisation needs once."""
        results = {}
        with aws.counting(self.environment["AWS_ENDPOINT_URL"]) as (endpoint, calls):
            with self.start("issuance", AWS_ENDPOINT_URL=endpoint) as function:
                self.issued(function, 1)
                for recipients in (1, BULK):
                    calls.forget()
                    cpu = function.cpu_seconds()
                    self.issued(function, recipients)
                    cpu = function.cpu_seconds() - cpu
                    results[recipients] = self.bill(calls, recipients, cpu)
                    results[recipients]["peak_rss_bytes"] = function.peak_rss_bytes()
        return results

    def bill(self, calls: aws.Calls, recipients: int, cpu: float) -> dict:
        kinds = collections.defaultdict(lambda: {"writes": 0, "units": 0, "largest_bytes": 0})
        for kind, size, units in aws.write_units(self.environment, calls.writes):
            kinds[kind]["writes"] += 1
            kinds[kind]["units"] += units
            kinds[kind]["largest_bytes"] = max(kinds[kind]["largest_bytes"], size)
        return {
            "recipients": recipients,
            "signs": calls.names["kms:Sign"],
            "dynamodb_calls": calls.of("dynamodb:"),
            "write_units": sum(kind["units"] for kind in kinds.values()),
            "s3_puts": calls.names["s3:Put"],
            "cpu_us_per_badge": cpu / recipients * 1e6,
            "calls": dict(calls.names), "items": dict(kinds),
        }

    # ---- The stack's own API ------------------------------------------------------------------------------------------

    def issued(self, function: Function, recipients: int) -> tuple[str, float]:
        """A new event by this function: its id, and how long the invocation took."""
        body = {
            "recipient": [{"email": f"weaver{n}@learners.example", "name": f"織子 {n}"} for n in range(recipients)],
            "issued_on": int(time.time()), "send_email": False, "api_consumer_id": "bench", "show_report": False,
            "log_entry": {},
        }
        parameters = {"client": self.client, "badge": self.badge()}
        headers = {"authorization": f"Bearer {self.token()}"}
        answer, seconds = function.invoke(payload("issuance", parameters=parameters, headers=headers, body=json.dumps(body)))
        if answer["statusCode"] != 200:
            raise StackRefused(f"issuance answered {json.dumps(answer)[:500]}")
        return json.loads(answer["body"])["resource_id"], seconds

    def credential(self) -> dict:
        with self.start("issuance") as function:
            event, _ = self.issued(function, 1)
        path = f"/v2/event/{self.client}/recipient?event_id={event}"
        identifier = json.loads(self.call("GET", path))["result"][0]["assertion_id"]
        parameters = {"file": f"{identifier}.json"}
        with self.start("hosting") as function:
            answer, _ = function.invoke(payload("hosting", parameters=parameters))
        if answer["statusCode"] != 200:
            raise StackRefused(f"hosting answered {json.dumps(answer)[:500]}")
        body = answer["body"]
        return {"id": identifier, "text": base64.b64decode(body).decode() if answer.get("isBase64Encoded") else body}

    def token(self) -> str:
        if not self._token:
            form = {"grant_type": "client_credentials", "client_id": self.client, "client_secret": os.environ["CLIENT_SECRET"]}
            answer = self.call("POST", "/v2/client/oauth2/token", urllib.parse.urlencode(form).encode(), authorized=False)
            self._token = json.loads(answer)["access_token"]
        return self._token

    def badge(self) -> str:
        if not self._badge:
            wanted = json.loads(json.loads((ROOT / "events" / "badges.json").read_text("utf-8"))["body"])
            answer = self.call("POST", f"/v2/badge/{self.client}", json.dumps({**wanted, "draft": False}).encode())
            self._badge = json.loads(answer)["resource_id"]
        return self._badge

    def call(self, method: str, path: str, body: bytes | None = None, authorized: bool = True) -> bytes:
        headers = {"authorization": f"Bearer {self.token()}", "content-type": "application/json"} if authorized else {}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, body, headers, method=method), timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as refusal:
            raise StackRefused(f"{method} {path}: {refusal.code} {refusal.read().decode(errors='replace')[:500]}") from None


def payload(
    name: str, route: str | None = None, parameters: dict | None = None, headers: dict | None = None, body: str | None = None
) -> dict:
    """The payload of events/NAME.json with another route, other parameters, headers or body."""
    event = copy.deepcopy(json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8")))
    if route:
        event["routeKey"], event["pathParameters"] = route, {}
    event["pathParameters"] = {**event.get("pathParameters", {}), **(parameters or {})}
    path = event["routeKey"].partition(" ")[2]
    for parameter, value in event["pathParameters"].items():
        path = path.replace(f"{{{parameter}}}", value).replace(f"{{{parameter}+}}", value)
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["routeKey"] = event["routeKey"]
    event["requestContext"]["http"]["method"] = event["routeKey"].partition(" ")[0]
    event["headers"] = {**event["headers"], **(headers or {})}
    if body is not None:
        event["body"], event["isBase64Encoded"] = body, False
        event["headers"]["content-length"] = str(len(body.encode()))
    return event


if __name__ == "__main__":
    main()
