"""What the local bucket promises: a version is read by its id as it is without."""

import tempfile
import unittest
from pathlib import Path

from small import SmallStack


class Objects(unittest.TestCase):
    def test_a_version_is_read_in_parts_and_under_other_headers(self):
        with tempfile.TemporaryDirectory() as folder:
            stack = SmallStack(Path(folder))
            self.addCleanup(stack.emulator.stop)
            s3 = stack.client("s3")
            s3.create_bucket(Bucket="files")
            s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
            version = s3.put_object(Bucket="files", Key="a", Body=b"0123456789", ContentDisposition="inline")["VersionId"]
            s3.put_object(Bucket="files", Key="a", Body=b"later")
            part = s3.get_object(Bucket="files", Key="a", VersionId=version, Range="bytes=2-4")
            self.assertEqual((part["Body"].read(), part["ContentRange"]), (b"234", "bytes 2-4/10"))
            whole = s3.get_object(
                Bucket="files", Key="a", VersionId=version, ResponseContentDisposition="attachment", ResponseContentType="text/x",
            )
            self.assertEqual((whole["ContentDisposition"], whole["ContentType"]), ("attachment", "text/x"))
            self.assertEqual(whole["Body"].read(), b"0123456789")


if __name__ == "__main__":
    unittest.main()
