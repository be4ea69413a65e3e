"""Objects in the local AWS: what MiniStack's S3 lacks when a version is read by its id, each with its reason."""


def tune() -> None:
    from ministack.services import s3

    get = s3._get_object

    # It answers with the whole of a version, whatever range was asked for, and under the headers it was uploaded with, whatever
    # the address says they shall be. Of the current version it minds both.
    def get_object(bucket_name, key, headers, query_params=None):
        asked = headers.get("range", "")
        # The checksum of the whole fits no part.
        kept = {name: value for name, value in headers.items() if not (asked and name == "x-amz-checksum-mode")}
        status, answer, body = get(bucket_name, key, kept, query_params)
        if status != 200 or not (query_params or {}).get("versionId"):
            return status, answer, body
        if asked:
            size = len(body)
            place = s3._parse_range(asked, size)
            if place is None:
                error = s3._xml_body(s3._range_error_xml(bucket_name, key))
                return 416, {"Content-Type": "application/xml", "Content-Range": f"bytes */{size}"}, error
            start, end = place
            status, body = 206, body[start : end + 1]
            answer["Content-Length"] = str(len(body))
            answer["Content-Range"] = f"bytes {start}-{end}/{size}"
        s3._apply_response_overrides(answer, query_params)
        return status, answer, body

    s3._get_object = get_object
