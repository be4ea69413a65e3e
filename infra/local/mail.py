"""Mail in the local AWS: who may send, what is kept of a mail, and the events that SES would tell of it.

MiniStack's SES takes a mail and keeps it, and that is all. Added here:

* events: what became of a mail goes to the SNS destinations of its configuration set, in the form of "event publishing";
* IAM: the identity and the configuration set are the resources of a sending, as in AWS, instead of "*";
* GET /_ministack/ses/messages also shows a mail's tags, headers, reply addresses and configuration set;
* the DNS records of an identity, which a template may give as outputs.

Nothing is ever sent. What becomes of a mail is told by the recipient's local part, as at AWS's mailbox simulator, with or
without a label: bounce+1@example.org. AWS simulates for its own domain only; here any domain counts, because every mail
ends here and a test wants many recipients that look like people's.
"""

import asyncio
import json
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parseaddr

SEND_EMAIL = ("POST", "/v2/email/outbound-emails")
# AWS tells later than it answers, too. Shorter than anybody notices, longer than a sender needs to note the answer.
EVENTS_AFTER_SECONDS = 0.2
# What of a request is kept with the mail, beside what MiniStack keeps.
KEPT = ("ConfigurationSetName", "EmailTags", "ReplyToAddresses", "Headers")
# SES looks for viruses before it delivers. This part of the test file's name is in the test file itself.
VIRUS = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
HARD_BOUNCE = ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown")
BOUNCES = {
    "bounce": HARD_BOUNCE,
    "suppressionlist": (
        "Permanent", "OnAccountSuppressionList", "5.1.1",
        "Amazon SES did not send the message to this address because it is on the suppression list for your account.",
    ),
    # Not an address of AWS's simulator, which has none that may be tried again.
    "transient": ("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
}


def events(mail: dict, at: datetime, *, infected: bool = False) -> Iterator[dict]:
    """What SES tells of a mail. `mail` is the object that all its events share, see `describe`."""
    yield {"eventType": "Send", "mail": mail, "send": {}}
    if infected:
        yield {"eventType": "Reject", "mail": mail, "reject": {"reason": "Bad content"}}
        return
    for recipient in mail["destination"]:
        yield from outcome(mail, recipient, timestamp(at))


def outcome(mail: dict, recipient: str, at: str) -> Iterator[dict]:
    mailbox = recipient.partition("@")[0].partition("+")[0].lower()
    if mailbox in BOUNCES:
        kind, subtype, status, diagnosis = BOUNCES[mailbox]
        bounced = {"emailAddress": recipient, "action": "failed", "status": status, "diagnosticCode": diagnosis}
        yield {"eventType": "Bounce", "mail": mail, "bounce": {
            "feedbackId": feedback_id(), "bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [bounced],
            "timestamp": at, "reportingMTA": "dns; mta.localhost",
        }}
        return
    # ooto@ as well: its automatic answer is a mail to the sender, not an event.
    delivered = {**mail, "tags": {**mail["tags"], "ses:outgoing-ip": ["127.0.0.1"]}}
    yield {"eventType": "Delivery", "mail": delivered, "delivery": {
        "timestamp": at, "processingTimeMillis": round(EVENTS_AFTER_SECONDS * 1000), "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received", "reportingMTA": "mta.localhost",
    }}
    if mailbox == "complaint":
        yield {"eventType": "Complaint", "mail": mail, "complaint": {
            "feedbackId": feedback_id(), "complaintSubType": None, "complainedRecipients": [{"emailAddress": recipient}],
            "timestamp": at, "userAgent": "Local mailbox simulator", "complaintFeedbackType": "abuse", "arrivalDate": at,
        }}


def describe(record: dict, account: str, identity_arn: str) -> dict:
    """The `mail` object of the events of a kept mail."""
    sender = record["Source"]
    replies = record["ReplyToAddresses"]
    headers = {
        "From": sender, **({"Reply-To": ", ".join(replies)} if replies else {}), "To": ", ".join(record["To"]),
        "Subject": record["Subject"], "MIME-Version": "1.0", **{h["Name"]: h["Value"] for h in record["Headers"]},
    }
    return {
        "timestamp": timestamp(datetime.fromtimestamp(record["Timestamp"], UTC)),
        "source": sender,
        "sourceArn": identity_arn,
        "sendingAccountId": account,
        "messageId": record["MessageId"],
        "destination": [parseaddr(to)[1] for to in (*record["To"], *record["CC"], *record["BCC"])],
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "from": [sender], **({"replyTo": replies} if replies else {}), "to": record["To"],
            "messageId": record["MessageId"], "subject": record["Subject"],
        },
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [record["ConfigurationSetName"]],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [parseaddr(sender)[1].rpartition("@")[2]],
            **{tag["Name"]: [tag["Value"]] for tag in record["EmailTags"]},
        },
    }


def feedback_id() -> str:
    return f"{uuid.uuid4()}-000000"


def timestamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tune() -> None:
    tune_sending()
    tune_permission()
    tune_messages()
    tune_identities()


def tune_sending() -> None:
    from ministack.core.responses import get_account_id
    from ministack.services import ses, ses_v2

    handle = ses_v2.handle_request

    async def handle_request(method, path, headers, body, query):
        if (method, path.rstrip("/")) != SEND_EMAIL:
            return await handle(method, path, headers, body, query)
        request = parse(body)
        chosen = configuration_set(request)
        # It takes any name. In AWS a mail with a wrong one is not sent.
        if chosen and chosen not in ses_v2._config_sets:
            return ses_v2._missing_config_set(chosen)
        status, answer_headers, answer = await handle(method, path, headers, body, query)
        if status == 200:
            sent = json.loads(answer)["MessageId"]
            record = next(r for r in reversed(ses._sent_emails_list()) if r["MessageId"] == sent)
            content = request["Content"]
            record.update(
                ConfigurationSetName=chosen,
                EmailTags=request.get("EmailTags", []),
                ReplyToAddresses=request.get("ReplyToAddresses", []),
                Headers=(content.get("Simple") or content.get("Template") or {}).get("Headers", []),
            )
            if chosen:
                mail = describe(record, get_account_id(), arn("identity", identity(record["Source"])))
                infected = VIRUS.encode() in body
                asyncio.get_running_loop().call_later(EVENTS_AFTER_SECONDS, publish, chosen, mail, infected)
        return status, answer_headers, answer

    ses_v2.handle_request = handle_request


def publish(chosen: str, mail: dict, infected: bool) -> None:
    from ministack.services import ses_v2, sns

    told = list(events(mail, datetime.now(UTC), infected=infected))
    source = arn("configuration-set", chosen)
    for destination in (ses_v2._config_sets.get(chosen) or {}).get("EventDestinations", {}).values():
        topic = destination.get("SnsDestination", {}).get("TopicArn")
        if not topic or not destination["Enabled"]:
            continue
        # SES is a guest at the topic, and only the topic's policy can let it in.
        if not sns.topic_policy_allows(topic, "ses.amazonaws.com", source, mail["sendingAccountId"]):
            print(f"the policy of {topic} does not let {source} publish", file=sys.stderr, flush=True)
            continue
        for event in told:
            if event["eventType"].upper() in destination["MatchingEventTypes"]:
                sns.publish_internal(topic, json.dumps(event), "Amazon SES Email Event Notification")


def tune_permission() -> None:
    from ministack import app

    enforce = app._enforce_ses_v2

    def enforce_ses_v2(method, path, headers, body, query, request_id):
        # It asks for ses:SendEmail on "*", which only a policy for everything would grant.
        if (method, path.rstrip("/")) != SEND_EMAIL:
            return enforce(method, path, headers, body, query, request_id)
        request = parse(body)
        sender, chosen = request.get("FromEmailAddress") or "", configuration_set(request)
        action = "ses:SendRawEmail" if request.get("Content", {}).get("Raw") else "ses:SendEmail"
        resources = [arn("identity", identity(sender)), *([arn("configuration-set", chosen)] if chosen else [])]
        for resource in resources:
            refusal = app._enforce_data_plane(
                "sesv2", action, headers, query, request_id, resource_arn=resource, named_resource=resource,
                service_context={"ses:FromAddress": parseaddr(sender)[1]},
            )
            if refusal:
                return refusal
        return None

    app._enforce_ses_v2 = enforce_ses_v2


def tune_messages() -> None:
    from ministack import app
    from ministack.services import ses

    list_messages = app._handle_ses_messages_request

    async def handle_ses_messages_request(method, path, headers, query):
        answer = await list_messages(method, path, headers, query)
        if answer is None or answer[0] != 200:
            return answer
        kept = {record["MessageId"]: record for records in ses._sent_emails.to_dict().values() for record in records}
        listing = json.loads(answer[2])
        for messages in listing["messages"].values():
            for message in messages:
                record = kept[message["MessageId"]]
                message.update({field: record[field] for field in KEPT if field in record})
        return answer[0], answer[1], json.dumps(listing).encode()

    app._handle_ses_messages_request = handle_ses_messages_request


def tune_identities() -> None:
    from ministack.services import ses
    from ministack.services.cloudformation import provisioners

    # It gives a template none of the identity's attributes.
    def with_dns_records(provision):
        def provide(*arguments, **named):
            name, attributes = provision(*arguments, **named)
            records = {}
            for number, token in enumerate(ses._dkim_tokens(name), start=1):
                records[f"DkimDNSTokenName{number}"] = f"{token}._domainkey.{name}"
                records[f"DkimDNSTokenValue{number}"] = f"{token}.dkim.amazonses.com"
            return name, {**attributes, **records}

        return provide

    handlers = provisioners._RESOURCE_HANDLERS["AWS::SES::EmailIdentity"]
    handlers.update({step: with_dns_records(handlers[step]) for step in ("create", "update")})


def parse(body: bytes) -> dict:
    """Like MiniStack, which takes what it cannot read for an empty request and refuses that."""
    try:
        request = json.loads(body)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def configuration_set(request: dict) -> str:
    """The one the request names, or else the sending identity's own."""
    from ministack.services import ses_v2

    sender = ses_v2._identities.get(identity(request.get("FromEmailAddress") or "")) or {}
    return request.get("ConfigurationSetName") or sender.get("ConfigurationSetName") or ""


def identity(sender: str) -> str:
    """The identity that answers for a sender: the address itself if it is one, else the nearest domain that is."""
    from ministack.services import ses, ses_v2

    address = parseaddr(sender)[1]
    domains = ses._domain_and_parents(address.rpartition("@")[2].lower())
    return next((name for name in (address, *domains) if name in ses_v2._identities or name in ses._identities), address)


def arn(kind: str, name: str) -> str:
    from ministack.services import ses_v2

    return ses_v2._resource_arn(kind, name)
