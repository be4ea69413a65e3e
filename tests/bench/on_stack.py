"""What needs AWS: start and size of each function, issuing by HTTP API payloads, and the cost of a badge in calls and units.

    stack.py test --no-build -- python tests/bench/on_stack.py BINARIES RESULT.json [SECTION…]

The functions measured are those in BINARIES, driven by the stand-in of runtime.py; the stack around them is their AWS. One result
per section (functions, warm, issue, cost; all when none is named); one that could not be measured says why instead.
"""

import base64
import collections
import copy
import functools
import io
import itertools
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import aws
import boto3
from runtime import Function, FunctionFailed, median, percentile

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "operator"
LOGS = ROOT / ".local" / "logs" / "bench"
FUNCTIONS = tuple(sorted(folder.name for folder in (ROOT / "functions").iterdir()))

STARTS = 9
WARM_UP = 20
WARM_SECONDS = 4
ISSUE_SECONDS = 6
CLIENTS = (1, 8)
# Lambda has the root certificates in one file. Debian has them in a folder of files too, and all of them would be read.
ROOT_CERTIFICATES = ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem")
# As many as a call signs itself, and as many as an event may have.
BULK, BIG = 100, 10_000
# Of those who are issued to on claim, who comes for it. Every claim costs the same: so many are made, and the others counted with them.
CLAIMED, CLAIMS_MADE = 0.4, 400
EMBEDDED_ONLY, WITH_TOKEN = "none", "ES256"


class StackRefused(Exception):
    """The stack's API did not answer as it should; the text is its answer."""


def main() -> None:
    binaries, result, wanted = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    LOGS.mkdir(parents=True, exist_ok=True)
    bench = Bench(binaries)
    sections = {
        "functions": bench.functions, "warm": bench.warm, "issue": bench.issue, "cost": bench.cost,
    }
    measured = {}
    for name, measure in sections.items():
        if wanted and name not in wanted:
            continue
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
            "TOKEN_KEY_ARN", "PUBLIC_BASE_URL", "PATH", "MAIL_QUEUE_URL", "WEBHOOK_QUEUE_URL", "MAIL_PROMPT_QUEUE_URL",
            "EVIDENCE_QUEUE_URL", "APPLICATION_QUEUE_URL", "EXPORT_QUEUE_URL", "EVIDENCE_BUCKET_NAME",
        )
        self.environment = {name: os.environ[name] for name in names if name in os.environ}
        self.environment |= {"FONTS_DIR": str(ROOT / ".local" / "fonts"), "FUNCTION_PREFIX": "bench-", "ISSUANCE_FUNCTION": "bench-issuance:live"}
        self.environment |= {"STAGE": "local", "STEP_UNITS": "5000", "STEP_SECONDS": "170"}
        # A queue that the stack's own workers do not listen to: what is left there is carried out here, and counted.
        self.sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name=os.environ["AWS_REGION"])
        self.environment["SIGNING_QUEUE_URL"] = self.sqs.create_queue(QueueName="bench-signing")["QueueUrl"]
        self.environment["SSL_CERT_FILE"] = next(path for path in ROOT_CERTIFICATES if Path(path).exists())
        self.environment["OUTBOUND_ALLOW"] = os.environ["BASE_URL"].removeprefix("http://")
        self.organisation = functools.cache(Organisation)

    def start(self, name: str, **environment: str) -> Function:
        return Function(self.binaries / name, {**self.environment, **environment}, LOGS / f"{name}.log")

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
            # Most are refused, or name what is not there: warm, but without a picture or a page in memory.
            event = payload(name)
            for _ in range(100):
                function.invoke(event)
            after = function.peak_rss_bytes()
        return {
            "binary_bytes": (self.binaries / name).stat().st_size,
            "zip_bytes": zipped(self.binaries / name),
            "init_cpu_ms": median([function.init_cpu_seconds * 1000 for function in found]),
            "init_wall_ms": median([function.init_wall_seconds * 1000 for function in found]),
            "init_rss_bytes": median([function.init_rss_bytes for function in found]),
            "peak_rss_bytes": after,
        }

    def warm(self) -> dict:
        organisation = self.organisation(EMBEDDED_ONLY)
        with self.start("issuance") as function:
            event, _ = organisation.issue(function, 1)
        hosted = payload("hosting", parameters={"file": f"{organisation.credential_of(event)}.json"})
        with self.start("hosting") as function:
            answer, _ = function.invoke(hosted)
        body = base64.b64decode(answer["body"]).decode() if answer.get("isBase64Encoded") else answer["body"]
        validate = payload("validation", body=body)
        health = payload("hosting", route="GET /health")
        return {
            "hosting, health": self.invocations("hosting", health, lambda answer: answer["statusCode"] == 200),
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
            return self.timed([function], lambda function: function.invoke(event)[1], WARM_SECONDS)

    def timed(self, functions: list[Function], once: Callable[[Function], float], seconds: float) -> dict:
        """`once` in a loop, one loop per function, for some seconds."""
        times, cpu = [], sum(function.cpu_seconds() for function in functions)
        start = time.perf_counter()

        def loop(function: Function) -> None:
            own = []
            while time.perf_counter() < start + seconds:
                own.append(once(function))
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
        organisation, results = self.organisation(EMBEDDED_ONLY), {}
        for clients in CLIENTS:
            functions = [self.start("issuance") for _ in range(clients)]
            try:
                for function in functions:
                    organisation.issue(function, 1)
                results[clients] = self.timed(functions, lambda function: organisation.issue(function, 1)[1], ISSUE_SECONDS)
            finally:
                for function in functions:
                    function.stop()
        return results

    def cost(self) -> dict:
        """Calls and units of one event, counted. An event before makes what an organisation needs once."""
        results = {}
        with aws.counting(self.environment["AWS_ENDPOINT_URL"]) as (endpoint, calls):
            with self.start("issuance", AWS_ENDPOINT_URL=endpoint) as function:
                for tokens, sizes in ((EMBEDDED_ONLY, (1, BULK)), (WITH_TOKEN, (BULK,))):
                    organisation = self.organisation(tokens)
                    organisation.issue(function, 1)
                    for recipients in sizes:
                        calls.forget()
                        cpu = function.cpu_seconds()
                        organisation.issue(function, recipients)
                        cpu = function.cpu_seconds() - cpu
                        name = f"{recipients}" + (" with VC-JWT" if tokens == WITH_TOKEN else "")
                        results[name] = self.bill(calls, recipients, cpu, invocations=1)
                organisation = self.organisation(EMBEDDED_ONLY)
                calls.forget()
                cpu = function.cpu_seconds()
                _, planned_in = organisation.issue(function, BIG)
                signed_in = self.sign_from_queue(function)
                cpu = function.cpu_seconds() - cpu
                results[f"{BIG} by the queue"] = {
                    **self.bill(calls, BIG, cpu, invocations=1 + len(signed_in), seconds=planned_in + sum(signed_in)),
                    "answer_seconds": planned_in, "signing_seconds": signed_in,
                }
        results[f"{BIG} on claim, {CLAIMED:.0%} claimed"] = self.on_claim(self.organisation(EMBEDDED_ONLY))
        return results

    def on_claim(self, organisation: "Organisation") -> dict:
        """An event of which nothing is signed until it is asked for: its plan, and what the first visit to the pages of those who come
        costs beyond a later one. Pages that are looked at cost the same in any design."""
        issuing = []

        def invoke(command: bytes) -> bytes:
            answer, seconds = issuing[0].invoke(json.loads(command))
            waited.append(seconds)
            return json.dumps(answer).encode()

        waited: list[float] = []
        with aws.counting(self.environment["AWS_ENDPOINT_URL"], invoke) as (endpoint, calls):
            with self.start("issuance", AWS_ENDPOINT_URL=endpoint) as issuance, self.start("hosting", AWS_ENDPOINT_URL=endpoint) as hosting:
                issuing.append(issuance)
                calls.forget()
                cpu = issuance.cpu_seconds()
                event, planned_in = organisation.issue(issuance, BIG, sign="on_claim")
                chunks = self.sign_from_queue(issuance)
                plan = self.bill(
                    calls, BIG, issuance.cpu_seconds() - cpu, invocations=1 + len(chunks), seconds=planned_in + sum(chunks)
                )
                claimed = organisation.credentials_of(event, CLAIMS_MADE)
                calls.forget()
                cpu = issuance.cpu_seconds() + hosting.cpu_seconds()
                visits = visit(hosting, claimed)
                cpu = issuance.cpu_seconds() + hosting.cpu_seconds() - cpu
                # That the first visit waits for issuance is ours: both are billed for as long.
                first = self.bill(calls, len(claimed), cpu, invocations=len(waited), seconds=visits + sum(waited))
                calls.forget()
                cpu = hosting.cpu_seconds()
                visits = visit(hosting, claimed)
                later = self.bill(calls, len(claimed), hosting.cpu_seconds() - cpu, invocations=0, seconds=visits)
        return added(plan, added(first, later, -1), CLAIMED * BIG / len(claimed))

    def sign_from_queue(self, function: Function) -> list[float]:
        """Invokes the function with every message that it left, as SQS would. How long each invocation took."""
        queue, seconds = self.environment["SIGNING_QUEUE_URL"], []
        while messages := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                record = {
                    "messageId": message["MessageId"], "body": message["Body"], "attributes": {"ApproximateReceiveCount": "1"},
                    "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench-signing",
                }
                answer, took = function.invoke({"Records": [record]})
                if answer["batchItemFailures"]:
                    raise StackRefused("a chunk could not be signed; see the function's log")
                seconds.append(took)
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return seconds

    def bill(self, calls: aws.Calls, recipients: int, cpu: float, invocations: int, seconds: float = 0.0) -> dict:
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
            "read_units": calls.read_units,
            "s3_puts": calls.names["s3:Put"],
            "queue_calls": calls.of("sqs:"),
            "invocations": invocations,
            "seconds": seconds,
            "cpu_us_per_badge": cpu / recipients * 1e6,
            "calls": dict(calls.names), "items": dict(kinds),
        }


class Organisation:
    """An issuer of its own on the stack, its token and a badge, made by the operator's command and the stack's API."""

    def __init__(self, vc_jwt: str) -> None:
        command = [OPERATOR, "org", "create", "--name", "Bench", "--email", "bench@example.org", "--url", "https://example.org"]
        done = subprocess.run([*command, "--vc-jwt", vc_jwt, "--json"], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise StackRefused("the operator's command could not create an organisation")
        answer = json.loads(done.stdout)
        self.client, self.token = answer["client_id"], None
        form = {"grant_type": "client_credentials", "client_id": self.client, "client_secret": answer["client_secret"]}
        self.token = self.call("POST", "/v2/client/oauth2/token", urllib.parse.urlencode(form).encode())["access_token"]
        badge = {**json.loads(payload("badges")["body"]), "draft": False}
        self.events = itertools.count()
        self.badge = self.call("POST", f"/v2/badge/{self.client}", json.dumps(badge).encode())["resource_id"]

    def issue(self, function: Function, recipients: int, sign: str = "at_issue") -> tuple[str, float]:
        """A new event by this function: its id, and how long the invocation took."""
        event = next(self.events)  # the same request again would be the same event
        body = {
            "recipient": [{"email": f"weaver{n}.{event}@learners.example", "name": f"織子 {n}"} for n in range(recipients)],
            "issued_on": int(time.time()), "send_email": False, "api_consumer_id": "bench", "show_report": False,
            "log_entry": {}, "sign": sign,
        }
        parameters = {"client": self.client, "badge": self.badge}
        headers = {"authorization": f"Bearer {self.token}"}
        answer, seconds = function.invoke(payload("issuance", parameters=parameters, headers=headers, body=json.dumps(body)))
        if answer["statusCode"] != 200:
            raise StackRefused(f"issuance answered {json.dumps(answer)[:500]}")
        return json.loads(answer["body"])["resource_id"], seconds

    def credentials_of(self, event: str, count: int) -> list[str]:
        rows = self.call("GET", f"/v2/event/{self.client}/recipient?event_id={event}&limit={count}")["result"]
        return [row["assertion_id"] for row in rows]

    def credential_of(self, event: str) -> str:
        """The id of the event's first credential."""
        return self.call("GET", f"/v2/event/{self.client}/recipient?event_id={event}")["result"][0]["assertion_id"]

    def call(self, method: str, path: str, body: bytes | None = None) -> dict:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"} if self.token else {}
        request = urllib.request.Request(os.environ["BASE_URL"] + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise StackRefused(f"{method} {path}: {refusal.code} {refusal.read().decode(errors='replace')[:500]}") from None


def zipped(binary: Path) -> int:
    """Bytes of the package that Lambda loads: the binary alone, as `sam build` leaves it."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(binary, "bootstrap")
    return len(package.getvalue())


def visit(hosting: Function, credentials: list[str]) -> float:
    """Has hosting show each of these credentials: how long the invocations took."""
    seconds = 0.0
    for credential in credentials:
        answer, took = hosting.invoke(payload("hosting", parameters={"file": f"{credential}.json"}))
        if answer["statusCode"] != 200:
            raise StackRefused(f"hosting answered {json.dumps(answer)[:500]}")
        seconds += took
    return seconds


def added(plan: dict, claims: dict, factor: float) -> dict:
    """The plan's bill and `factor` times that of the claims. Of the kinds of items each has its own."""
    def scaled(count: float) -> float:
        return count * factor

    summed = ("signs", "dynamodb_calls", "write_units", "read_units", "s3_puts", "queue_calls", "invocations", "seconds")
    total = {name: plan[name] + scaled(claims[name]) for name in summed}
    calls = collections.Counter(plan["calls"])
    calls.update({name: round(scaled(count)) for name, count in claims["calls"].items()})
    items = dict(plan["items"])
    for kind, about in claims["items"].items():
        items[kind] = {**about, "writes": round(scaled(about["writes"])), "units": round(scaled(about["units"]))}
    cpu = plan["cpu_us_per_badge"] + scaled(claims["cpu_us_per_badge"] * claims["recipients"]) / plan["recipients"]
    return {**total, "recipients": plan["recipients"], "cpu_us_per_badge": cpu, "calls": dict(+calls), "items": items}


def payload(
    name: str, route: str | None = None, parameters: dict | None = None, headers: dict | None = None, body: str | None = None
) -> dict:
    """The payload of events/NAME.json with another route, other parameters, headers or body."""
    event = copy.deepcopy(json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8")))
    if "routeKey" not in event:
        return event  # a message, which has nothing to vary
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
