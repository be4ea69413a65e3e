"""What the local queues promise: who may send, what fails comes back, what fails too often steps aside and can return."""

import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError
from small import SmallStack, allow


def wait(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Queues(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.stack = SmallStack(Path(folder.name))
        cls.addClassCleanup(lambda: cls.stack.emulator.stop())
        cls.outputs = cls.stack.outputs

    def count(self, queue_url: str, attribute: str = "ApproximateNumberOfMessages") -> int:
        answer = self.stack.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=[attribute])
        return int(answer["Attributes"][attribute])

    def test_a_worker_takes_messages_and_gives_back_the_one_it_could_not_do(self):
        queue = self.outputs["QueueUrl"]
        bodies = [*(f"good{number}" for number in range(9)), "poison"]
        entries = [{"Id": body, "MessageBody": body} for body in bodies]
        self.stack.client("sqs").send_message_batch(QueueUrl=queue, Entries=entries)
        self.assertTrue(wait(lambda: all(f"record {body}" in self.stack.log("worker") for body in bodies)))
        hidden = "ApproximateNumberOfMessagesNotVisible"
        self.assertTrue(wait(lambda: self.count(queue) == 0 and self.count(queue, hidden) == 1))

    def test_a_mapping_outlives_a_start_on_another_port(self):
        self.stack.emulator.stop()
        type(self).stack = SmallStack(self.stack.folder)
        self.stack.client("sqs").send_message(QueueUrl=self.outputs["QueueUrl"], MessageBody="afterwards")
        self.assertTrue(wait(lambda: "record afterwards" in self.stack.log("worker")))

    def test_a_batch_needs_the_permission_for_one(self):
        queue, arn = self.outputs["IdleQueueUrl"], self.outputs["IdleQueueArn"]
        sender = self.stack.user("sender", allow("sqs:SendMessage", arn))
        reader = self.stack.user("reader", allow("sqs:ReceiveMessage", arn))
        entries = [{"Id": "a", "MessageBody": "-"}]
        self.stack.client("sqs", sender).send_message_batch(QueueUrl=queue, Entries=entries)
        with self.assertRaises(ClientError) as caught:
            self.stack.client("sqs", reader).send_message_batch(QueueUrl=queue, Entries=entries)
        self.assertIn("not authorized to perform: sqs:SendMessage", str(caught.exception))
        self.stack.client("sqs").purge_queue(QueueUrl=queue)

    def test_what_is_refused_too_often_steps_aside_and_can_be_moved_back(self):
        sqs, queue, aside = self.stack.client("sqs"), self.outputs["IdleQueueUrl"], self.outputs["IdleDeadLettersUrl"]
        sent = sqs.send_message(QueueUrl=queue, MessageBody="stubborn")["MessageId"]
        for _ in range(3):  # the third finds that two were enough
            sqs.receive_message(QueueUrl=queue)
        self.assertEqual((self.count(queue), self.count(aside)), (0, 1))

        source = self.outputs["IdleDeadLettersArn"]
        self.assertTrue(sqs.start_message_move_task(SourceArn=source)["TaskHandle"])
        report = sqs.list_message_move_tasks(SourceArn=source)["Results"][0]
        self.assertEqual((report["Status"], report["ApproximateNumberOfMessagesMoved"]), ("COMPLETED", 1))
        self.assertEqual((self.count(queue), self.count(aside)), (1, 0))
        message = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["All"])["Messages"][0]
        self.assertEqual((message["Body"], message["Attributes"]["ApproximateReceiveCount"]), ("stubborn", "1"))
        self.assertNotEqual(message["MessageId"], sent)
        sqs.purge_queue(QueueUrl=queue)

    def test_a_message_of_unknown_origin_stays_unless_told_where_to_go(self):
        sqs, queue, aside = self.stack.client("sqs"), self.outputs["IdleQueueUrl"], self.outputs["IdleDeadLettersUrl"]
        source = self.outputs["IdleDeadLettersArn"]
        sqs.send_message(QueueUrl=aside, MessageBody="foundling")
        sqs.start_message_move_task(SourceArn=source)
        report = sqs.list_message_move_tasks(SourceArn=source)["Results"][0]
        self.assertEqual((report["Status"], report["FailureReason"]), ("FAILED", "CouldNotDetermineMessageSource"))
        sqs.start_message_move_task(SourceArn=source, DestinationArn=self.outputs["IdleQueueArn"])
        self.assertEqual((self.count(queue), self.count(aside)), (1, 0))
        sqs.purge_queue(QueueUrl=queue)

    def test_only_a_dead_letter_queue_can_be_moved_from(self):
        with self.assertRaises(ClientError) as caught:
            self.stack.client("sqs").start_message_move_task(SourceArn=self.outputs["IdleQueueArn"])
        self.assertIn("must be configured as a Dead Letter Queue", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
