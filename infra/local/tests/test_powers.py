"""Policies that speak of rows are obeyed, row by row."""

import sys
import tempfile
import unittest
from pathlib import Path

from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import small  # noqa: E402

TABLE = "rows"


def row(partition: str) -> dict:
    return {"pk": {"S": partition}, "sk": {"S": "-"}}


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.stack = small.SmallStack(Path(cls.folder.name))
        cls.addClassCleanup(cls.stack.emulator.stop)
        keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        types = [{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in keys]
        cls.stack.client("dynamodb").create_table(TableName=TABLE, KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST")
        actions = ["GetItem", "BatchGetItem", "Query", "PutItem", "BatchWriteItem", "UpdateItem"]
        mine = {
            "Effect": "Allow", "Action": [f"dynamodb:{action}" for action in actions], "Resource": "*",
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["MINE#*"]}},
        }
        cls.mine = cls.stack.client("dynamodb", cls.stack.user("narrow", mine))

    def asked(self, partition: str):
        """Every way to ask for a row of a partition, beside one that is allowed where there are several."""
        item, both = row(partition), [row("MINE#1"), row(partition)]
        question = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": partition}}}
        put = [{"Put": {"TableName": TABLE, "Item": one}} for one in both]
        yield "get", lambda: self.mine.get_item(TableName=TABLE, Key=item)
        yield "put", lambda: self.mine.put_item(TableName=TABLE, Item=item)
        yield "update", lambda: self.mine.update_item(TableName=TABLE, Key=item)
        yield "query", lambda: self.mine.query(TableName=TABLE, **question)
        yield "batch get", lambda: self.mine.batch_get_item(RequestItems={TABLE: {"Keys": both}})
        yield "batch write", lambda: self.mine.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": one}} for one in both]})
        yield "transaction", lambda: self.mine.transact_write_items(TransactItems=put)

    def test_rows_that_are_allowed_are_reached(self):
        for name, ask in self.asked("MINE#2"):
            with self.subTest(name):
                ask()

    def test_other_rows_are_refused_also_beside_allowed_ones(self):
        for name, ask in self.asked("OTHER#2"):
            with self.subTest(name), self.assertRaises(ClientError) as refused:
                ask()
            self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDeniedException", name)


if __name__ == "__main__":
    unittest.main()
