"""The survey at a seminar: so many people scan a code, fill in a short form and have their badge, all within some minutes.

    stack.py test -- python tests/bench/survey.py BINARIES [PEOPLE]

BINARIES: the folder of the functions' binaries. Everything goes by HTTP and by the stack's own mailbox, as people would do it: fill the
form in, take the code out of the mail, prove the address with it, and wait for the badge. What is wrong ends the command with an error:
an answer that is no success, an application that has no badge in the end, one that has two, an address without its mails.

Then the calls to AWS that one submission makes are counted, with one more submission by functions of its own (`aws.py`). Work that people
do on their own telephones, the challenge of the form, is done beforehand.
"""

import collections
import concurrent.futures
import hashlib
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import aws
import boto3
from on_stack import EMBEDDED_ONLY, LOGS, Organisation, payload
from runtime import Function, percentile

PEOPLE = 500
AT_ONCE = 16  # more than this machine serves at once; people do not come in the same second either
MINUTES = 5
CODE = re.compile(r"^(\d{6})\r?$", re.MULTILINE)
PROOF, BADGE = "Confirm your address", "You have been awarded"


class Wrong(Exception):
    """Something that may not happen to anybody."""


def main() -> None:
    binaries = Path(sys.argv[1])
    people = int(sys.argv[2]) if len(sys.argv) > 2 else PEOPLE
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        survey = Survey(people)
        figures = survey.run()
        figures["calls"] = Counted(binaries, survey).calls()
    except Wrong as wrong:
        sys.exit(f"survey: {wrong}")
    print("\n".join(report(figures)))


class Survey:
    def __init__(self, people: int) -> None:
        self.people = people
        self.office = Organisation(EMBEDDED_ONLY)
        body = {
            "badge_id": self.office.badge, "primary_language": "en", "title": "Seminar", "per_person": 1, "evidence": "no",
            "fields": [{"id": "liked", "type": "radio", "label": "Did you like it?", "required": True, "options": [{"value": "yes"}, {"value": "no"}]}],
            "approval": {"method": "automatic"},
        }
        made = self.office.call("POST", f"/v2/form/{self.office.client}", json.dumps(body).encode())
        self.form = made["resource_id"]

    def address(self, number: int) -> str:
        return f"guest{number}+{self.form}@learners.example"

    def run(self) -> dict:
        with concurrent.futures.ProcessPoolExecutor() as pool:
            challenges = [self.post(f"/apply/{self.form}/challenge", {})["challenge"] for _ in range(self.people)]
            solutions = list(pool.map(solve, challenges, chunksize=8))
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            filled = list(pool.map(self.fill_in, range(self.people), challenges, solutions))
            handed_in = time.monotonic() - start
            codes = self.mailed(PROOF)
            proved = list(pool.map(self.prove, filled, codes))
        proved_in = time.monotonic() - start
        events = self.badges()
        issued_in = time.monotonic() - start
        self.once(filled, events)
        self.mailed(BADGE)
        mailed_in = time.monotonic() - start
        if issued_in > MINUTES * 60:
            raise Wrong(f"{self.people} badges took {issued_in:.0f} s, more than {MINUTES} minutes")
        return {
            "people": self.people, "handed in": handed_in, "proved": proved_in, "issued": issued_in, "mailed": mailed_in,
            "fill in": [seconds for *_, seconds in filled], "prove": proved,
        }

    def post(self, path: str, body: dict) -> dict:
        headers = {"content-type": "application/json", "accept-language": "en"}
        url = path if path.startswith("http") else os.environ["BASE_URL"] + path
        request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise Wrong(f"{path}: {refusal.code} {refusal.read().decode(errors='replace')[:300]}") from None

    def fill_in(self, number: int, challenge: str, solution: str) -> tuple[str, str, float]:
        """One person's application: its id, where it is found, and how long the answer took."""
        start = time.monotonic()
        answer = self.post(f"/apply/{self.form}/applications", self.filled(number, challenge, solution))
        if answer["state"] != "unproven":
            raise Wrong(f"handed in, but {answer['state']}")
        return answer["id"], answer["url"], time.monotonic() - start

    def filled(self, number: int, challenge: str, solution: str) -> dict:
        return {
            "name": f"Guest {number}", "email": self.address(number), "language": "en", "answers": {"liked": "yes"},
            "challenge": challenge, "solution": solution, "submit": True,
        }

    def prove(self, application: tuple[str, str, float], code: str) -> float:
        start = time.monotonic()
        answer = self.post(f"{application[1]}/prove", {"code": code})
        if answer["state"] not in ("approved", "issued"):
            raise Wrong(f"proved, but {answer['state']}")
        return time.monotonic() - start

    def mailed(self, subject: str) -> list[str]:
        """The codes in the mails of this subject, one mail to each; where none is in it, nothing."""
        end = time.monotonic() + MINUTES * 60
        while True:
            found = collections.defaultdict(list)
            for mail in mails():
                if mail["Subject"].startswith(subject):
                    for to in mail["To"]:
                        found[to].append(mail["BodyText"])
            mine = [found[self.address(number)] for number in range(self.people)]
            if any(len(texts) > 1 for texts in mine):
                raise Wrong(f"somebody got two mails “{subject}…”")
            if all(mine):
                return [match.group(1) if (match := CODE.search(text)) else "" for (text,) in mine]
            if time.monotonic() > end:
                raise Wrong(f"{sum(not texts for texts in mine)} got no mail “{subject}…”")
            time.sleep(2)

    def badges(self) -> list[dict]:
        """The events of the organisation, once there is one for everybody."""
        end = time.monotonic() + MINUTES * 60
        while True:
            events, total = [], None
            while total is None or len(events) < total:
                page = self.office.call("GET", f"/v2/event/{self.office.client}?limit=100&offset={len(events)}")
                events, total = events + page["result"], page["total"]
                if not page["result"]:
                    break
            if len(events) >= self.people:
                return events
            if time.monotonic() > end:
                raise Wrong(f"{self.people - len(events)} have no badge")
            time.sleep(1)

    def once(self, filled: list[tuple[str, str, float]], events: list[dict]) -> None:
        applications = collections.Counter(event["earnable_application_id"] for event in events)
        if applications != collections.Counter(application for application, *_ in filled):
            raise Wrong("not every application has one event")
        if any(event["recipient_count"] != 1 for event in events):
            raise Wrong("an event of more than one recipient")


def solve(challenge: str) -> str:
    """The work that a form asks for: so many zero bits at the beginning of a digest."""
    bits = int(challenge.split(".")[1])
    prefix, number = hashlib.sha256(f"{challenge}:".encode()), 0
    while True:
        attempt = prefix.copy()
        attempt.update(str(number).encode())
        if int.from_bytes(attempt.digest()[:4]) >> (32 - bits) == 0:
            return str(number)
        number += 1


def mails() -> list[dict]:
    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_ministack/ses/messages", timeout=60) as answer:
        accounts = json.load(answer)["messages"]
    return [mail for account in accounts.values() for mail in account]


class Counted:
    """One submission more, by functions of its own behind a proxy that counts, and by queues that nobody else listens to."""

    def __init__(self, binaries: Path, survey: Survey) -> None:
        self.binaries, self.survey = binaries, survey
        names = (
            "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "TABLE_NAME", "BUCKET_NAME",
            "EVIDENCE_BUCKET_NAME", "TOKEN_KEY_ARN", "PUBLIC_BASE_URL", "PATH",
        )
        self.environment = {name: os.environ[name] for name in names}
        self.environment.update(STAGE="local", MAIL_FROM="no-reply@example.org", MAIL_PER_SECOND="1000", ISSUANCE_FUNCTION="shirushi-issuance:live")
        self.sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name=os.environ["AWS_REGION"])
        boto3.client("ses", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name=os.environ["AWS_REGION"]).verify_email_identity(
            EmailAddress=self.environment["MAIL_FROM"]
        )
        self.queues = {}
        for name in ("signing", "mail", "webhook"):
            self.queues[name] = self.sqs.create_queue(QueueName=f"survey-{name}")["QueueUrl"]
            self.environment[f"{name.upper()}_QUEUE_URL"] = self.queues[name]

    def calls(self) -> dict[str, collections.Counter]:
        found = {}
        with aws.counting(self.environment["AWS_ENDPOINT_URL"]) as (endpoint, calls):
            environment = {**self.environment, "AWS_ENDPOINT_URL": endpoint}

            def start(name: str) -> Function:
                return Function(self.binaries / name, environment, LOGS / f"survey-{name}.log")

            def counted(what: str, work, *arguments):
                calls.forget()
                result = work(*arguments)
                found[what] = collections.Counter(calls.names)
                return result

            with start("applications") as applications, start("issuance") as issuance, start("mail") as mail:
                form = self.survey.form
                challenge = counted("challenge", self.http, applications, f"POST /apply/{{form}}/challenge", {"form": form}, {})
                body = self.survey.filled(self.survey.people, challenge["challenge"], solve(challenge["challenge"]))
                begun = counted("submit", self.http, applications, "POST /apply/{form}/applications", {"form": form}, body)
                counted("proof mail", self.take, mail, "mail")
                code = next(CODE.search(one["BodyText"]).group(1) for one in mails() if body["email"] in one["To"])
                link = {"form": form, "link": begun["url"].rpartition("/")[2]}
                counted("prove", self.http, applications, "POST /apply/{form}/applications/{link}/prove", link, {"code": code})
                counted("issue", self.take, issuance, "signing")
                counted("badge mail", self.take, mail, "mail")
        return found

    def http(self, function: Function, route: str, parameters: dict, body: dict) -> dict:
        answer, _ = function.invoke(payload("applications", route=route, parameters=parameters, body=json.dumps(body)))
        if answer["statusCode"] >= 300:
            raise Wrong(f"{route}: {json.dumps(answer)[:500]}")
        return json.loads(answer["body"])

    def take(self, function: Function, queue: str) -> None:
        """Invokes the function with what was left in a queue, as SQS would."""
        messages = self.sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            raise Wrong(f"nothing was left in the queue {queue}")
        for message in messages:
            record = {
                "messageId": message["MessageId"], "body": message["Body"], "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs", "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:survey-{queue}",
            }
            answer, _ = function.invoke({"Records": [record]})
            if answer["batchItemFailures"]:
                raise Wrong(f"a message of the queue {queue} failed; see the logs in {LOGS}")
            self.sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"])


def report(figures: dict) -> list[str]:
    people = figures["people"]
    lines = [f"survey: {people} people, {AT_ONCE} at once: no error, none lost, none twice"]
    lines += [f"  all {what} after {figures[what]:6.1f} s" for what in ("handed in", "proved", "issued", "mailed")]
    for what in ("fill in", "prove"):
        times = figures[what]
        lines.append(f"  {what}: p50 {percentile(times, 0.5) * 1000:.0f} ms, p99 {percentile(times, 0.99) * 1000:.0f} ms")
    total = sum(figures["calls"].values(), collections.Counter())
    lines.append(f"  AWS calls of one submission: {sum(total.values())}")
    for what, calls in [*figures["calls"].items(), ("in all", total)]:
        lines.append(f"    {what + ':':12} " + ", ".join(f"{count} {name}" for name, count in sorted(calls.items())))
    return lines


if __name__ == "__main__":
    main()
