"""What the local mail promises: events as SES publishes them, permissions as SES asks for them, and mails to look at."""

import json
import tempfile
import time
import unittest
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import ClientError
from small import ACCOUNT, SmallStack, allow

import mail  # noqa: E402

AT = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)


def described(*recipients: str) -> dict:
    record = {
        "MessageId": "m", "Source": "Badges <badges@example.org>", "To": list(recipients), "CC": [], "BCC": [], "Subject": "s",
        "Timestamp": AT.timestamp(), "ConfigurationSetName": "mail", "EmailTags": [{"Name": "delivery", "Value": "d1"}],
        "ReplyToAddresses": [], "Headers": [],
    }
    return mail.describe(record, ACCOUNT, "arn:identity")


def told(*recipients: str, infected: bool = False) -> list[dict]:
    return list(mail.events(described(*recipients), AT, infected=infected))


class Events(unittest.TestCase):
    def kinds(self, *recipients: str) -> list[str]:
        return [event["eventType"] for event in told(*recipients)]

    def test_the_mailbox_decides_whatever_its_domain_label_and_display_name(self):
        for recipient, expected in {
            "someone@example.com": ["Send", "Delivery"],
            "success@simulator.amazonses.com": ["Send", "Delivery"],
            "ooto@example.com": ["Send", "Delivery"],
            "complaint@example.com": ["Send", "Delivery", "Complaint"],
            "bounce@example.com": ["Send", "Bounce"],
            "Bounce+label@example.net": ["Send", "Bounce"],
            "A Person <suppressionlist@example.com>": ["Send", "Bounce"],
            "transient@example.com": ["Send", "Bounce"],
            "bouncer@example.com": ["Send", "Delivery"],
        }.items():
            with self.subTest(recipient):
                self.assertEqual(self.kinds(recipient), expected)

    def test_each_recipient_has_an_outcome_and_the_sending_is_told_once(self):
        self.assertEqual(self.kinds("a@example.com", "bounce@example.com"), ["Send", "Delivery", "Bounce"])

    def test_bounces_say_how(self):
        for mailbox, expected in {
            "bounce": ("Permanent", "General"),
            "suppressionlist": ("Permanent", "OnAccountSuppressionList"),
            "transient": ("Transient", "MailboxFull"),
        }.items():
            bounce = told(f"{mailbox}@example.com")[1]["bounce"]
            self.assertEqual((bounce["bounceType"], bounce["bounceSubType"]), expected)
            self.assertEqual(bounce["bouncedRecipients"][0]["emailAddress"], f"{mailbox}@example.com")
            self.assertEqual(bounce["timestamp"], "2026-04-01T09:30:00.000Z")

    def test_a_complaint_names_who_complained(self):
        complaint = told("Somebody <complaint@example.com>")[2]["complaint"]
        self.assertEqual(complaint["complainedRecipients"], [{"emailAddress": "complaint@example.com"}])
        self.assertEqual(complaint["complaintFeedbackType"], "abuse")

    def test_an_infected_mail_goes_nowhere(self):
        send, reject = told("someone@example.com", infected=True)
        self.assertEqual((send["eventType"], reject["reject"]), ("Send", {"reason": "Bad content"}))

    def test_every_event_carries_the_mail(self):
        for event in told("complaint@example.com", "bounce@example.com"):
            about = event["mail"]
            self.assertEqual(about["messageId"], "m")
            self.assertEqual(about["destination"], ["complaint@example.com", "bounce@example.com"])
            self.assertEqual(about["tags"]["delivery"], ["d1"])
            self.assertEqual(about["tags"]["ses:configuration-set"], ["mail"])
            self.assertEqual(about["tags"]["ses:from-domain"], ["example.org"])


class Sending(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.stack = SmallStack(Path(folder.name))
        cls.addClassCleanup(cls.stack.emulator.stop)
        cls.outputs = cls.stack.outputs

    def send(self, to: str, *, credentials=("test", "test"), text: str = "b", **more) -> str:
        body = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": text}}, "Headers": [{"Name": "X-A", "Value": "1"}]}
        request = {
            "FromEmailAddress": "Badges <badges@example.org>", "Destination": {"ToAddresses": [to]}, "Content": {"Simple": body},
            "ReplyToAddresses": ["office@example.org"], "EmailTags": [{"Name": "delivery", "Value": "d1"}],
            "ConfigurationSetName": self.outputs["MailName"], **more,
        }
        return self.stack.client("sesv2", credentials).send_email(**request)["MessageId"]

    def events_of(self, message_id: str, queue_url: str, count: int) -> list[dict]:
        """The first events of one mail. Those of others are dropped."""
        sqs, found, deadline = self.stack.client("sqs"), [], time.monotonic() + 15
        while len(found) < count and time.monotonic() < deadline:
            for message in sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=2, MaxNumberOfMessages=10).get("Messages", []):
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                if event["mail"]["messageId"] == message_id:
                    found.append(event)
        return found

    def kept(self, message_id: str) -> dict:
        with urllib.request.urlopen(self.stack.emulator.environment["AWS_ENDPOINT_URL"] + "/_ministack/ses/messages") as answer:
            messages = json.load(answer)["messages"][ACCOUNT]
        return next(message for message in messages if message["MessageId"] == message_id)

    def refused(self, *arguments, **named) -> str:
        with self.assertRaises(ClientError) as caught:
            self.send(*arguments, **named)
        return caught.exception.response["Error"]["Code"]

    def test_events_reach_a_queue_through_the_topic(self):
        sent = self.send("complaint+x@example.com")
        send, delivery, complaint = self.events_of(sent, self.outputs["FeedbackUrl"], 3)
        self.assertEqual([e["eventType"] for e in (send, delivery, complaint)], ["Send", "Delivery", "Complaint"])
        self.assertEqual(delivery["mail"]["tags"]["delivery"], ["d1"])
        self.assertEqual(delivery["mail"]["sourceArn"], self.outputs["IdentityArn"])
        self.assertEqual(delivery["delivery"]["recipients"], ["complaint+x@example.com"])

    def test_a_virus_is_rejected(self):
        sent = self.send("a@example.com", text=mail.VIRUS)
        self.assertEqual([e["eventType"] for e in self.events_of(sent, self.outputs["FeedbackUrl"], 2)], ["Send", "Reject"])

    def test_a_destination_is_told_only_what_it_asked_for_and_only_while_it_is_enabled(self):
        ses, sns, sqs = (self.stack.client(service) for service in ("sesv2", "sns", "sqs"))
        urls = {}
        for name, enabled in {"asks": True, "sleeps": False}.items():
            topic = sns.create_topic(Name=name)["TopicArn"]
            urls[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
            queue = sqs.get_queue_attributes(QueueUrl=urls[name], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = {"Statement": [{**allow("sqs:SendMessage", queue), "Principal": {"Service": "sns.amazonaws.com"}}]}
            sqs.set_queue_attributes(QueueUrl=urls[name], Attributes={"Policy": json.dumps(policy)})
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
            ses.create_configuration_set_event_destination(
                ConfigurationSetName=self.outputs["MailName"], EventDestinationName=name,
                EventDestination={"Enabled": enabled, "MatchingEventTypes": ["BOUNCE"], "SnsDestination": {"TopicArn": topic}},
            )
        sent = self.send("bounce@example.com")
        self.assertEqual([e["eventType"] for e in self.events_of(sent, urls["asks"], 1)], ["Bounce"])
        self.assertNotIn("Messages", sqs.receive_message(QueueUrl=urls["asks"]))
        self.assertNotIn("Messages", sqs.receive_message(QueueUrl=urls["sleeps"]))

    def test_a_topic_whose_policy_does_not_know_the_configuration_set_stays_silent(self):
        ses, topic = self.stack.client("sesv2"), self.stack.client("sns").list_topics()["Topics"]
        topic = next(t["TopicArn"] for t in topic if "MailEvents" in t["TopicArn"])
        ses.create_configuration_set(ConfigurationSetName="other")
        ses.create_configuration_set_event_destination(
            ConfigurationSetName="other", EventDestinationName="feedback",
            EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": topic}},
        )
        foreign, own = self.send("a@example.com", ConfigurationSetName="other"), self.send("a@example.com")
        sqs, seen, deadline = self.stack.client("sqs"), [], time.monotonic() + 15
        while own not in seen and time.monotonic() < deadline:
            for message in sqs.receive_message(QueueUrl=self.outputs["FeedbackUrl"], WaitTimeSeconds=5).get("Messages", []):
                sqs.delete_message(QueueUrl=self.outputs["FeedbackUrl"], ReceiptHandle=message["ReceiptHandle"])
                seen.append(json.loads(message["Body"])["mail"]["messageId"])
        self.assertIn(own, seen)
        self.assertNotIn(foreign, seen)

    def test_a_configuration_set_that_is_not_there_stops_the_mail(self):
        self.assertEqual(self.refused("a@example.com", ConfigurationSetName="nope"), "NotFoundException")

    def test_a_mail_can_be_looked_at_with_all_it_was_sent_with(self):
        message = self.kept(self.send("Jané <jane@example.com>"))
        self.assertEqual(message["To"], ["Jané <jane@example.com>"])
        self.assertEqual(message["EmailTags"], [{"Name": "delivery", "Value": "d1"}])
        self.assertEqual(message["ReplyToAddresses"], ["office@example.org"])
        self.assertEqual(message["Headers"], [{"Name": "X-A", "Value": "1"}])
        self.assertEqual(message["ConfigurationSetName"], self.outputs["MailName"])

    def test_a_sender_needs_the_identity_and_the_configuration_set(self):
        identity, configuration_set = self.outputs["IdentityArn"], self.outputs["MailArn"]
        elsewhere = identity.replace("example.org", "example.net")
        half = self.stack.user("half", allow("ses:SendEmail", identity))
        other = self.stack.user("other", allow("ses:SendEmail", elsewhere, configuration_set))
        whole = self.stack.user("whole", allow("ses:SendEmail", identity, configuration_set))
        only_from = {"Condition": {"StringEquals": {"ses:FromAddress": "badges@example.org"}}}
        bound = self.stack.user("bound", {**allow("ses:SendEmail", identity, configuration_set), **only_from})
        for credentials, change in [
            (half, {}),
            (other, {}),
            (whole, {"Content": {"Raw": {"Data": b"Subject: s\r\n\r\nb"}}}),
            (bound, {"FromEmailAddress": "me@example.org"}),
        ]:
            self.assertEqual(self.refused("a@example.com", credentials=credentials, **change), "AccessDeniedException")
        self.assertTrue(self.send("a@example.com", credentials=whole))
        self.assertTrue(self.send("a@example.com", credentials=bound))

    def test_an_identity_names_its_dns_records(self):
        self.assertTrue(self.outputs["DkimDNSTokenName1"].endswith("._domainkey.example.org"))
        self.assertTrue(self.outputs["DkimDNSTokenValue1"].endswith(".dkim.amazonses.com"))


if __name__ == "__main__":
    unittest.main()
