"""The local AWS: MiniStack, tuned, made to survive, and given a front door.

One process listens on two ports of 127.0.0.1:

* the AWS endpoint, which every SDK and the operator's command line talk to;
* the front door, whose root is the root of the deployed HTTP API, so that the base URL of a local stack looks like a real
  one. A request is handed to MiniStack's execute-api exactly as it came: raw path, query, headers, body.

The functions run as plain processes, children of this one. The process ends when its standard input does: the launcher
holds the other end of that pipe, so nothing is left running however the launcher dies. A line on standard input says that
the stack is complete; only from then on is anything saved, since half a deployment could not be taken up again.

With `--faults` a third port stands between the functions and the AWS endpoint; see faults.py.

On stdout it prints one line of JSON, the ports, as soon as all are bound. The log goes to stderr.

MiniStack is pinned to one version because `tune` replaces private functions of it, here and for mail, objects and queues in the
modules of those names. Each replacement says why.
"""

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import socket
import socketserver
import sys
import tempfile
import threading
from pathlib import Path

import faults
import mail
import objects
import queues

HOST = "127.0.0.1"
# What a write may cost at most when the process is killed: the seconds between two snapshots.
SNAPSHOT_SECONDS = 3
# Operations of the JSON protocols that change nothing, so that a snapshot after them would be wasted.
READING = ("Get", "Query", "Scan", "Describe", "List", "BatchGet", "TransactGet", "Sign", "Verify")


def main() -> None:
    options = parse_arguments()
    # Bound before anything else: port 0 means "any free one", and the environment below must name the answer.
    try:
        aws, front = listen(HOST, options.aws_port), listen(HOST, options.port)
    except OSError as error:
        sys.exit(error.strerror)  # names the address
    aws_port, front_port = aws.getsockname()[1], front.getsockname()[1]
    listeners = [aws, front]
    # "localhost" is this address first, where there is one; not every client then tries the other.
    with contextlib.suppress(OSError):
        listeners.append(listen("::1", front_port))
    configure(options, aws_port)
    tune(options.logs)
    snapshots = Snapshots(options.state) if options.persist else None
    ports = {"aws_port": aws_port, "port": front_port}
    proxy = None
    if options.faults:
        between = listen(HOST, 0)
        ports["faults_port"] = between.getsockname()[1]
        kill = faults.tune(f"http://{HOST}:{ports['faults_port']}")
        proxy = faults.Proxy(aws_port, kill).serve(between)
    print(json.dumps(ports), flush=True)
    application = front_door(front_port, options.api_id)
    asyncio.run(serve(listeners, application, snapshots, proxy))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="the local AWS and the API's front door")
    parser.add_argument("--aws-port", type=int, default=0)
    parser.add_argument("--port", type=int, default=0, help="the front door")
    parser.add_argument("--api-id", required=True, help="the HTTP API behind the front door")
    parser.add_argument("--state", type=Path, required=True, help="folder for data and unpacked functions")
    parser.add_argument("--logs", type=Path, required=True, help="folder for one log file per function")
    parser.add_argument("--persist", action="store_true", help="keep the state across runs")
    parser.add_argument("--faults", action="store_true", help="the functions call AWS through a proxy that can fail")
    return parser.parse_args()


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=512)
    listener.setblocking(False)
    return listener


def configure(options: argparse.Namespace, aws_port: int) -> None:
    """MiniStack and, through it, the functions read their configuration from the environment, at import."""
    scratch = options.state / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    options.logs.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        GATEWAY_PORT=str(aws_port),
        # The functions inherit this. An IP address also makes the SDK address buckets by path.
        AWS_ENDPOINT_URL=f"http://{HOST}:{aws_port}",
        MINISTACK_REGION=os.environ["AWS_REGION"],
        AUTH="true",  # IAM is evaluated, signatures are checked
        TMPDIR=str(scratch),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
    )
    if options.persist:
        os.environ.update(
            PERSIST_STATE="1",
            STATE_DIR=str(options.state / "packages"),  # see `Snapshots` for all but the functions' packages
            S3_PERSIST="1",
            S3_DATA_DIR=str(options.state / "objects"),
        )


def tune(logs: Path) -> None:
    from ministack.core import lambda_runtime
    from ministack.services import apigateway, lambda_svc

    # Its Runtime API writes header and body apart; with Nagle's algorithm the second waits for the first's ACK, 40 ms.
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True

    # It waits 50 ms after every invocation for a line of log. The lines are in the files below instead.
    worker = lambda_runtime.ProvidedWorker
    worker._drain_stderr_bounded = lambda self, **_: self._drain_stderr()

    pump = worker._pump_output
    worker._pump_output = lambda self, stream, queue: pump(self, Tee(stream, logs / f"{self.func_name}.log"), queue)

    # And it copies them into its CloudWatch Logs, which would grow without end inside every snapshot.
    lambda_svc._emit_lambda_logs = lambda *_, **__: None

    # It answers every preflight itself. AWS does so only for an API with a CORS configuration; ours has none.
    execute = apigateway._handle_execute_in_scope

    async def execute_preflight(api_id, stage, path, method, headers, body, query, account, region, raw_query=None):
        api = apigateway._apis.get(api_id) or {}
        route = apigateway._match_route(api_id, method, path) if method == "OPTIONS" else None
        if route is None or api.get("corsConfiguration"):
            return await execute(api_id, stage, path, method, headers, body, query, account, region, raw_query)
        integration = apigateway._integrations[api_id][route["target"].removeprefix("integrations/")]
        return await apigateway._invoke_lambda_proxy(
            integration, api_id, stage, path, method, headers, body, query, route["routeKey"],
            owner_account_id=account, owner_region=region, raw_query_string=raw_query,
        )

    apigateway._handle_execute_in_scope = execute_preflight

    mail.tune()
    objects.tune()
    queues.tune()


class Tee:
    """A function's output, each line of it also appended to a file."""

    def __init__(self, stream, path: Path) -> None:
        self.stream = stream
        self.file = path.open("ab", buffering=0)

    def readline(self) -> bytes:
        line = self.stream.readline()
        if line:
            self.file.write(line)
        return line

    def close(self) -> None:
        self.stream.close()
        self.file.close()


def front_door(port: int, api_id: str):
    """MiniStack, with every request that came in by the front door sent to the root of the API's default stage."""
    from ministack.app import app

    prefix = f"/_aws/execute-api/{api_id}/$default"

    async def enter(scope, receive, send):
        if scope["type"] == "http" and scope["server"][1] == port:
            raw_path = prefix.encode() + (scope.get("raw_path") or scope["path"].encode())
            scope = {**scope, "path": prefix + scope["path"], "raw_path": raw_path}
        await app(scope, receive, send)

    return enter


class Snapshots:
    """Saves everything every few seconds in which something may have changed.

    MiniStack by itself saves only when it ends in order, and one file per service. Here they are written into a new folder,
    and one link is then turned to it: what is found after a crash is the state of all services at one time.
    """

    def __init__(self, folder: Path) -> None:
        from ministack import app
        from ministack.core import persistence
        from ministack.services import lambda_svc

        self.folder = folder
        self.lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until this process ends, however it does
        except BlockingIOError:
            sys.exit(f"another stack keeps its data in {folder}")
        self.current = folder / "services"  # a link
        self.forget_others()
        self.complete = asyncio.Event()
        self.changed = True
        self.saving = threading.Lock()
        self.persistence, self.services = persistence, app._build_persistence_save_dict
        persistence.STATE_DIR = str(self.current)
        # Saving at the end is ours too.
        app.save_all = lambda _: self.save() if self.complete.is_set() else None
        # A package forgotten here may still be named by the snapshot before. They are tiny.
        lambda_svc._prune_orphan_code_blobs = lambda _: None

    def watch(self, app):
        async def note(scope, receive, send):
            await app(scope, receive, send)
            if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and not reads_only(scope):
                self.changed = True

        return note

    async def run(self) -> None:
        await self.complete.wait()
        while True:
            if self.changed:
                self.changed = False
                try:
                    await asyncio.to_thread(self.save)
                except OSError as error:  # a full disk, say: the next round tries again
                    self.changed = True
                    print(f"the state could not be saved: {error}", file=sys.stderr, flush=True)
            await asyncio.sleep(SNAPSHOT_SECONDS)

    def save(self) -> None:
        with self.saving:
            try:
                states = {service: get_state() for service, get_state in self.services().items()}
            except RuntimeError:  # a dictionary grew while it was copied: next time
                self.changed = True
                return
            fresh = Path(tempfile.mkdtemp(prefix="services-", dir=self.folder))
            for service, state in states.items():
                if state is not None:
                    (fresh / f"{service}.json").write_text(self.dump(service, state), encoding="utf-8")
            link = self.folder / "services.new"
            link.unlink(missing_ok=True)
            link.symlink_to(fresh.name)
            link.replace(self.current)
            self.forget_others()

    def forget_others(self) -> None:
        for folder in self.folder.glob("services-*"):
            if folder.resolve() != self.current.resolve():
                shutil.rmtree(folder)

    def dump(self, service: str, state: dict) -> str:
        content = {"__ministack_format__": self.persistence._state_format_version(service), "payload": state}
        return json.dumps(content, default=self.persistence._json_default)


def reads_only(scope) -> bool:
    target = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
    return target.decode("latin-1").rpartition(".")[2].startswith(READING)


async def serve(listeners: list[socket.socket], application, snapshots: Snapshots | None, proxy) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.core import lambda_runtime

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    tasks = []
    if snapshots:
        application = snapshots.watch(application)
        tasks.append(asyncio.create_task(snapshots.run()))

    def obey() -> None:
        for _ in sys.stdin:
            if snapshots:
                loop.call_soon_threadsafe(snapshots.complete.set)
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=obey, daemon=True).start()
    if proxy:
        await proxy

    config = Config()
    config.bind = [f"fd://{listener.fileno()}" for listener in listeners]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    await hypercorn_serve(application, config, shutdown_trigger=stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.to_thread(lambda_runtime.reset)  # ends the functions


if __name__ == "__main__":
    main()
