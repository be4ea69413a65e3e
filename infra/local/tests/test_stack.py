"""The launcher and the emulator, with a probe in every function's place: what the journeys rely on without saying so."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import deploy  # noqa: E402
import stack  # noqa: E402
import transform  # noqa: E402

PROBE = Path(__file__).with_name("probe.py")
ROUTES = {
    "accounts": "/v2/client/c", "badges": "/v2/badge/c", "issuance": "/v2/event/c", "baking": "/baked/f", "hosting": "/issuers/i", "pdf": "/pdf/k/f",
}


def make_probes(folder: Path) -> None:
    for name in transform.functions(transform.load()).values():
        binary = folder / name
        binary.write_text(f"#!{sys.executable}\n# {name}\n{PROBE.read_text(encoding='utf-8')}", encoding="utf-8")
        binary.chmod(0o755)


class Running:
    """A stack of probes. Its state outlives it, so that a test can start it again."""

    def __init__(self, folder: Path, *, persist: bool) -> None:
        self.emulator = stack.Emulator(folder / "state", folder / "logs", 0, 0, persist=persist)
        self.emulator.wait_until_ready()
        environment, base_url = self.emulator.environment, self.emulator.base_url
        self.outputs = deploy.deploy(environment, folder / "probes", folder / "store", base_url)
        self.emulator.keep()

    def call(self, path: str, *, method: str = "GET", body: bytes | None = None, headers: dict | None = None):
        request = urllib.request.Request(self.emulator.base_url + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def act(self, function: str, action: str, argument: str) -> str:
        status, _, body = self.call(f"{ROUTES[function]}?action={action}&argument={urllib.parse.quote(argument)}")
        text = body.decode()
        return text if status == 200 else "denied" if "not authorized" in text else f"{status} {text}"


class FrontDoor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        (cls.folder / "probes").mkdir()
        make_probes(cls.folder / "probes")
        cls.stack = Running(cls.folder, persist=False)
        cls.addClassCleanup(cls.stack.emulator.stop)

    def event(self, path: str, **request) -> dict:
        return json.loads(self.stack.call(path, **request)[2])

    def test_the_root_is_the_root_of_the_api(self):
        event = self.event("/")
        self.assertEqual((event["rawPath"], event["routeKey"]), ("/", "$default"))

    def test_path_query_and_headers_arrive_as_they_were_sent(self):
        event = self.event("/ob2/a%20b/c?x=1&y=%2Fz", headers={"Authorization": "Bearer abc"})
        self.assertEqual(event["routeKey"], "GET /ob2/{path+}")
        self.assertEqual(event["rawQueryString"], "x=1&y=%2Fz")
        self.assertEqual(event["headers"]["authorization"], "Bearer abc")
        self.assertEqual(event["headers"]["host"], self.stack.emulator.base_url.removeprefix("http://"))

    def test_any_byte_goes_in_and_comes_out(self):
        body = bytes(range(256)) * 4096
        status, headers, answer = self.stack.call(
            "/validate", method="POST", body=body, headers={"content-type": "image/png"}
        )
        self.assertEqual((status, headers["content-type"]), (200, "image/png"))
        self.assertEqual(answer, body)

    def test_a_preflight_reaches_the_function_and_nobody_adds_headers(self):
        status, headers, body = self.stack.call("/credentials/x", method="OPTIONS", headers={"origin": "https://example.org"})
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["requestContext"]["http"]["method"], "OPTIONS")
        self.assertNotIn("access-control-allow-origin", headers)

    def test_a_head_request_has_no_body(self):
        status, _, body = self.stack.call("/credentials/x", method="HEAD")
        self.assertEqual((status, body), (200, b""))

    def test_functions_log_into_their_own_files(self):
        self.stack.call("/health")
        self.assertIn("handling GET /health", (self.folder / "logs" / f"{deploy.STACK}-hosting.log").read_text())

    def test_roles_are_obeyed(self):
        keys, ed25519, es256 = self.stack.outputs, "ED25519_SHA_512", "ECDSA_SHA_256"
        credential, jwt, token, seal = (f"{keys[k]}|{a}" for k, a in [
            ("CredentialKeyArn", ed25519), ("CredentialJwtKeyArn", es256), ("TokenKeyArn", es256), ("SealKeyArn", es256),
        ])
        for function, action, argument, expected in [
            ("issuance", "sign", credential, "done"),
            ("issuance", "sign", jwt, "done"),
            ("issuance", "sign", token, "denied"),
            ("accounts", "sign", token, "done"),
            ("accounts", "sign", credential, "denied"),
            ("badges", "sign", token, "denied"),
            ("pdf", "sign", seal, "done"),
            ("pdf", "sign", jwt, "denied"),
            ("issuance", "sign", seal, "denied"),
            ("pdf", "put", "pdf/a", "done"),
            ("pdf", "put", "artwork/a", "denied"),
            ("pdf", "write", "a", "denied"),
            ("baking", "write", "a", "denied"),
            ("badges", "write", "BADGE#a", "done"),
            ("badges", "write", "KEYS#a", "denied"),
            ("hosting", "read", "BADGE#a", "done"),
            ("hosting", "write", "a", "denied"),
            ("badges", "put", "artwork/a", "done"),
            ("badges", "put", "baked/a", "denied"),
            ("hosting", "get", "artwork/a", "done"),
            ("hosting", "put", "artwork/a", "denied"),
            ("baking", "put", "baked/a", "done"),
            ("baking", "put", "artwork/a", "denied"),
        ]:
            with self.subTest(function=function, action=action, argument=argument):
                self.assertEqual(self.stack.act(function, action, argument), expected)


class Survival(unittest.TestCase):
    def test_data_and_keys_outlive_every_kind_of_end_and_no_process_does(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "probes").mkdir()
            make_probes(folder / "probes")
            keys = set()
            for number, end in enumerate([kill_emulator, close_input, None]):
                running = Running(folder, persist=True)
                self.addCleanup(running.emulator.stop)
                keys.add(running.outputs["CredentialKeyArn"])
                for earlier in range(number):
                    self.assertEqual(running.act("hosting", "read", f"BADGE#item{earlier}"), "done")
                self.assertEqual(running.act("badges", "write", f"BADGE#item{number}"), "done")
                if end:
                    end(running, folder)
                    self.assertEqual(wait_for_processes_under(folder), [])
                running.emulator.stop()
            self.assertEqual(len(keys), 1)


def kill_emulator(running: Running, folder: Path) -> None:
    """As if the machine were switched off, a moment after the last write."""
    snapshot = folder / "state" / "services" / "dynamodb.json"
    deadline = time.monotonic() + 30
    while not snapshot.exists() or "item0" not in snapshot.read_text(encoding="utf-8"):
        if time.monotonic() > deadline:
            raise AssertionError("no snapshot was taken")
        time.sleep(0.1)
    running.emulator.process.send_signal(signal.SIGKILL)
    running.emulator.process.wait()


def close_input(running: Running, _: Path) -> None:
    """What the kernel does when the launcher is gone, whatever ended it."""
    running.emulator.process.stdin.close()
    running.emulator.process.wait(timeout=30)


def wait_for_processes_under(folder: Path) -> list[str]:
    deadline = time.monotonic() + 10
    while True:
        listed = subprocess.run(["ps", "-eo", "args"], stdout=subprocess.PIPE, text=True, check=True).stdout
        left = [line for line in listed.splitlines() if str(folder) in line]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


class Variables(unittest.TestCase):
    def test_an_output_becomes_a_variable(self):
        for output, expected in {
            "TableName": "TABLE_NAME", "CredentialJwtKeyArn": "CREDENTIAL_JWT_KEY_ARN", "TokenKeyArn": "TOKEN_KEY_ARN",
            "DeliveryQueueUrl": "DELIVERY_QUEUE_URL", "DkimDNSTokenName1": "DKIM_DNS_TOKEN_NAME1", "Rs256KeyArn": "RS256_KEY_ARN",
        }.items():
            self.assertEqual(stack.variable(output), expected)


class Runner(unittest.TestCase):
    def test_the_command_gets_the_environment_and_its_exit_code_is_the_answer(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "debug").mkdir()
            make_probes(folder / "debug")
            operator = folder / "debug" / "operator"
            answer = '{"client_id":"c","client_secret":"s","seals":[]}'
            operator.write_text(f"#!/bin/sh\n[ \"$1\" = keys ] || echo '{answer}'\n")
            operator.chmod(0o755)
            env_file = folder / "test.env"
            script = 'test "$CLIENT_ID" = c && grep -q "^BASE_URL=$BASE_URL$" "$0" && exit 7'
            command = [
                sys.executable, stack.__file__, "test", "--no-build", "--logs", folder / "logs", "--env-file", env_file,
                "--", "sh", "-c", script, env_file,
            ]
            done = subprocess.run(command, env={**os.environ, "CARGO_TARGET_DIR": str(folder)})
            self.assertEqual(done.returncode, 7)
            self.assertEqual(wait_for_processes_under(folder), [])


if __name__ == "__main__":
    unittest.main()
