"""A stand-in for Lambda: the Runtime API for one function process, and what that process costs.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. CPU is the process's own clock, all its threads and its loader
included; memory is the kernel's high-water mark.
"""

import json
import os
import queue
import signal
import socket
import statistics
import threading
import time
import uuid
from pathlib import Path

START_SECONDS = 30
INVOCATION_SECONDS = 120
DEADLINE_MS = 15 * 60 * 1000


class FunctionFailed(Exception):
    """The process ended, reported an error, or answered nothing in time."""


class Function:
    """A running bootstrap. As a context manager it ends with the `with` block."""

    def __init__(self, binary: Path, environment: dict[str, str], log: Path) -> None:
        self.binary, self.log = binary, log
        self.events, self.answers, self.ready = queue.Queue(), queue.Queue(), threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        lambda_environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": binary.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
        }
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        output = [(os.POSIX_SPAWN_OPEN, descriptor, str(log), flags, 0o644) for descriptor in (1, 2)]
        self.started = time.perf_counter()
        # Not subprocess: what Python does between fork and exec would count as the function's CPU.
        self.pid = os.posix_spawn(binary, [str(binary)], {**environment, **lambda_environment}, file_actions=output)
        if not self.ready.wait(START_SECONDS):
            self.stop()
            raise FunctionFailed(f"{binary.name} did not ask for a first event; its log is {log}")

    def __enter__(self) -> "Function":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def cpu_seconds(self) -> float:
        """Of all threads so far. The id is Linux's for "CPU time of the process with this pid"."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def peak_rss_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def invoke(self, event: dict) -> tuple[dict, float]:
        """The function's answer, and the seconds between the event sent and the answer received."""
        self.events.put(json.dumps(event).encode())
        try:
            path, body, seconds = self.answers.get(timeout=INVOCATION_SECONDS)
        except queue.Empty:
            raise FunctionFailed(f"{self.binary.name} does not answer; its log is {self.log}") from None
        if not path.endswith("/response"):
            raise FunctionFailed(f"{self.binary.name}: {body.decode(errors='replace')}; its log is {self.log}")
        return json.loads(body), seconds

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.server.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return  # stopped
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        sent = 0.0
        while request := read_request(connection):
            received = time.perf_counter()
            path, body = request
            if not path.endswith("/invocation/next"):
                reply(connection, "202 Accepted", {}, b'{"status":"OK"}')
                self.answers.put((path, body, received - sent))
                continue
            if not self.ready.is_set():
                self.init_cpu_seconds, self.init_wall_seconds = self.cpu_seconds(), received - self.started
                self.init_rss_bytes = self.peak_rss_bytes()
                self.ready.set()
            event = self.events.get()
            headers = {
                "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + DEADLINE_MS),
                "Lambda-Runtime-Invoked-Function-Arn": f"arn:aws:lambda:us-east-1:000000000000:function:{self.binary.name}",
                "Lambda-Runtime-Trace-Id": "Root=1-6921b3a0-5f84a3c27d1e4b6089abcdef;Sampled=0",
            }
            sent = time.perf_counter()
            reply(connection, "200 OK", headers, event)


def read_request(connection: socket.socket) -> tuple[str, bytes] | None:
    """Path and body of the next request; None when there is none."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            more = connection.recv(1 << 16)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            more = connection.recv(1 << 20)
            if not more:
                return None
            body += more
    except OSError:
        return None
    return first.split(" ")[1], body


def reply(connection: socket.socket, status: str, headers: dict[str, str], body: bytes) -> None:
    headers = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    try:
        connection.sendall(head.encode() + body)
    except OSError:
        pass  # the function has ended; whoever waits for it will see


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: list[float]) -> float:
    return statistics.median(values)
