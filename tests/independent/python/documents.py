"""Where the Python verifiers get the documents that stand on the web.

Three sources, in this order: the contexts that a verifier's own package carries, a map of URL to document
(``--docs``), and HTTP to this machine. Nothing is ever fetched from elsewhere: `Unreachable` says so.
"""

import argparse
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Optional

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
TIMEOUT_SECONDS = 20


class Fail(Exception):
    """The badge is not valid: the step that said so, and why."""

    def __init__(self, step: str, reason: str):
        super().__init__(reason)
        self.step = step


class Unreachable(Exception):
    """No source has the document."""


@dataclass
class Document:
    status: int
    media_type: str
    body: bytes


class Documents:
    def __init__(self, docs: Optional[str] = None, base_url: Optional[str] = None, as_url: Optional[str] = None):
        self.folder = pathlib.Path(docs).parent if docs else None
        self.map = json.loads(pathlib.Path(docs).read_text("utf-8")) if docs else {}
        self.base_url = base_url.rstrip("/") if base_url else None
        self.as_url = as_url.rstrip("/") if as_url else None

    def add(self, url: str, body: bytes, media_type: str = "application/json") -> None:
        self.map[url] = Document(200, media_type, body)

    def get(self, url: str, accept: str = "application/json") -> Document:
        url = url.partition("#")[0]
        if url in self.map:
            return self._mapped(self.map[url])
        return self._fetched(url, accept)

    def _mapped(self, entry) -> Document:
        if isinstance(entry, Document):
            return entry
        if isinstance(entry, dict) and "file" in entry:
            return Document(entry.get("status", 200), entry["type"], (self.folder / entry["file"]).read_bytes())
        if isinstance(entry, dict) and "body" in entry:
            return Document(entry.get("status", 200), "application/json", json.dumps(entry["body"]).encode())
        if isinstance(entry, str) and not entry.startswith("eyJ"):
            file = self.folder / entry
            return Document(200, _media_type(file), file.read_bytes())
        if isinstance(entry, str):
            return Document(200, "application/vc+jwt", entry.encode())
        return Document(200, "application/json", json.dumps(entry).encode())

    def _fetched(self, url: str, accept: str) -> Document:
        if self.as_url and (url + "/").startswith(self.as_url + "/"):
            url = self.base_url + url[len(self.as_url):]
        parts = urllib.parse.urlsplit(url)
        if parts.hostname not in LOOPBACK:
            raise Unreachable(f"{url} is not in the documents map and not on this machine")
        request = urllib.request.Request("http://" + url.split("://", 1)[1], headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return Document(answer.status, answer.headers.get_content_type(), answer.read())
        except urllib.error.HTTPError as error:
            return Document(error.code, error.headers.get_content_type(), error.read())
        except OSError as error:
            raise Unreachable(f"{url}: {error}") from error


def _media_type(file: pathlib.Path) -> str:
    return {".png": "image/png", ".svg": "image/svg+xml", ".html": "text/html"}.get(file.suffix, "application/json")


def arguments(description: str) -> argparse.ArgumentParser:
    """The arguments all verifiers share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("file")
    parser.add_argument("--docs", help="JSON map of URL to document")
    parser.add_argument("--base-url", help="where the documents of --as are served on this machine")
    parser.add_argument("--as", dest="as_url", help="the origin that --base-url stands for")
    return parser


def documents(options) -> Documents:
    return Documents(options.docs, options.base_url, options.as_url)


def report(verdict) -> None:
    """Prints one line, `ok …` or `FAIL step reason`, and exits 0 or 1."""
    try:
        line, code = "ok " + verdict(), 0
    except Fail as fail:
        line, code = f"FAIL {fail.step} {fail}", 1
    except Unreachable as missing:
        line, code = f"FAIL unreachable {missing}", 1
    print(" ".join(line.split()))
    sys.exit(code)
