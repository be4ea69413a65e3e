"""The local stack: everything that runs in AWS, on this machine, from the very same template.yaml.

    stack.py up                                     keeps its data in .local/state; runs until Ctrl-C
    stack.py up -- COMMAND…                         the same until COMMAND ends
    stack.py test --env-file FILE -- COMMAND…       an empty stack on free ports, COMMAND inside its environment, then gone
    stack.py test --faults -- COMMAND…              the same with an AWS that fails as COMMAND asks for; see faults.py
    stack.py build                                  only builds what a stack is made of

These write the stack's environment (BASE_URL, AWS_ENDPOINT_URL, CLIENT_ID, …) to a file of NAME=value lines once the stack
answers; its appearance is the signal that the stack is ready. `up` writes .local/stack.env and removes it at the end.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

import deploy
import transform

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
BINARIES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
FUNCTION_STORE = LOCAL / "functions"
DAY = 24 * 60 * 60

# The emulator's account root. It guards nothing: the emulator listens on this machine only.
CREDENTIALS = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
# Where a word of an output's name begins: CredentialJwtKeyArn, DkimDNSTokenName1.
WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class StackFailed(Exception):
    """Something a person must look at; the text says what and where."""


class Emulator:
    """The emulator's process. Leaving the `with` block ends it and every function it started."""

    def __init__(self, state: Path, logs: Path, port: int, aws_port: int, persist: bool, faults: bool = False) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / "emulator.log"
        command = [
            sys.executable, Path(__file__).with_name("emulator.py"), "--api-id", deploy.API_ID,
            "--port", str(port), "--aws-port", str(aws_port), "--state", state, "--logs", logs,
            *(["--persist"] if persist else []), *(["--faults"] if faults else []),
        ]
        # The functions inherit this environment: nothing of the developer's own belongs in it.
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "RUST_LOG") if name in os.environ}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env={**environment, **CREDENTIALS}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True,  # so that Ctrl-C in the terminal reaches only the launcher, which ends it in order
            )
        ports = self.process.stdout.readline()
        if not ports:
            self.stop()
            last_line = self.log.read_text(encoding="utf-8", errors="replace").rstrip().rpartition("\n")[2]
            raise StackFailed(f"the emulator did not start: {last_line} (more in {self.log})")
        ports = json.loads(ports)
        self.base_url = f"http://localhost:{ports['port']}"
        self.environment = {
            "BASE_URL": self.base_url, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['aws_port']}", **CREDENTIALS,
        }
        if faults:
            self.environment["FAULTS_URL"] = f"http://127.0.0.1:{ports['faults_port']}/_faults"

    def __enter__(self) -> "Emulator":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def wait_until_ready(self) -> None:
        health = self.environment["AWS_ENDPOINT_URL"] + "/_ministack/health"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(health, timeout=30).close()
            return
        raise StackFailed(f"the emulator does not answer; see {self.log}")

    def keep(self) -> None:
        """From now on the state is worth saving."""
        self.process.stdin.write(b"complete\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """The end of its input makes the emulator save its state and end; what is left of its session is killed."""
        self.process.stdin.close()
        self.process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def build() -> int:
    names = [*transform.functions(transform.load()).values(), "operator"]
    command = ["cargo", "build", "--locked", *(f"--package={name}" for name in names)]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise StackFailed("the build failed")
    return 0


def bring_up(emulator: Emulator, state: Path, options: argparse.Namespace) -> dict[str, str]:
    """Deploys and bootstraps. Returns the stack's whole environment."""
    emulator.wait_until_ready()
    outputs = deploy.deploy(emulator.environment, BINARIES, FUNCTION_STORE, emulator.base_url, options.allow, options.oidc)
    # What the emulator says of itself counts: BASE_URL is also an output.
    environment = {**{variable(name): value for name, value in outputs.items()}, **emulator.environment}
    environment["PUBLIC_BASE_URL"] = emulator.base_url
    if options.oidc:
        environment.update(OIDC_ISSUER=options.oidc, OIDC_CLIENT_ID=deploy.OIDC_CLIENT_ID, OIDC_CLIENT_SECRET=deploy.OIDC_CLIENT_SECRET)
    return {**environment, **bootstrap(environment, state)}


def variable(output: str) -> str:
    """TableName -> TABLE_NAME."""
    return WORD.sub("_", output).upper()


def bootstrap(environment: dict[str, str], state: Path) -> dict[str, str]:
    """Registers the keys and creates the demo organisation. Its secret is told only once, so it is kept with the state."""
    operator(environment, "keys", "sync")
    if not json.loads(operator(environment, "seal", "list"))["seals"]:
        operator(environment, "seal", "create", "--name", "Shirushi Demo", "--country", "JP")
    kept = state / "organisation.json"
    if not kept.exists():
        answer = operator(
            environment, "org", "create", "--name", "Shirushi Demo", "--email", "demo@example.org",
            "--url", "https://example.org", "--vc-jwt", "ES256", "--json",
        )
        kept.write_text(answer, encoding="utf-8")
    organisation = json.loads(kept.read_text(encoding="utf-8"))
    return {"CLIENT_ID": organisation["client_id"], "CLIENT_SECRET": organisation["client_secret"]}


def operator(environment: dict[str, str], *arguments: str) -> str:
    command = [BINARIES / "operator", *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise StackFailed(f"`operator {' '.join(arguments)}` failed")
    return done.stdout


def write_environment(path: Path, environment: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text("".join(f"{name}={value}\n" for name, value in environment.items()), encoding="utf-8")
    unfinished.replace(path)


def up(options: argparse.Namespace) -> int:
    if not options.no_build:
        build()
    deploy.forget_old(FUNCTION_STORE, 7 * DAY, time.time())
    state, logs, env_file = LOCAL / "state", LOCAL / "logs", options.env_file or LOCAL / "stack.env"
    with Emulator(state, logs, options.port, options.aws_port, persist=True) as emulator:
        environment = bring_up(emulator, state, options)
        emulator.keep()
        write_environment(env_file, environment)
        command = options.command[1:] if options.command[:1] == ["--"] else options.command
        if command:
            try:
                return subprocess.run(command, env={**os.environ, **environment}).returncode
            finally:
                env_file.unlink(missing_ok=True)
        try:
            print(
                "",
                f"  Shirushi   {environment['BASE_URL']}/",
                f"  AWS        {environment['AWS_ENDPOINT_URL']}",
                f"  client     {environment['CLIENT_ID']}",
                f"  secret     {environment['CLIENT_SECRET']}",
                f"  variables  {env_file}",
                f"  logs       {logs}",
                "  Ctrl-C ends it; the data stays.",
                "",
                sep="\n", flush=True,
            )
            emulator.process.wait()
            raise StackFailed(f"the emulator ended by itself; see {emulator.log}")
        except KeyboardInterrupt:
            print("\nsaving …", flush=True)
            return 0
        finally:
            env_file.unlink(missing_ok=True)


def test(options: argparse.Namespace) -> int:
    if not options.no_build:
        build()
    with tempfile.TemporaryDirectory(prefix="shirushi-") as folder:
        state = Path(folder)
        with Emulator(state, options.logs, port=0, aws_port=0, persist=False, faults=options.faults) as emulator:
            environment = {**bring_up(emulator, state, options), "STACK_LOGS": str(options.logs.resolve())}
            write_environment(options.env_file or state / "stack.env", environment)
            command = options.command[1:] if options.command[:1] == ["--"] else options.command
            code = subprocess.run(command, env={**os.environ, **environment}).returncode
    return code if code >= 0 else 128 - code  # the shell's convention for a command ended by a signal


def change(options: argparse.Namespace) -> int:
    parameters = dict(parameter.split("=", 1) for parameter in options.parameters)
    deploy.change(dict(os.environ), parameters, BINARIES, FUNCTION_STORE)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="the local stack")
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--env-file", type=Path, help="where to write the environment")
    common.add_argument("--no-build", action="store_true", help="deploy the binaries that are there")
    common.add_argument("--allow", action="append", default=[], metavar="HOST:PORT", help="the validator may also fetch from here, and webhooks be posted here")
    common.add_argument("--oidc", metavar="ISSUER", help="people may also sign in by this OpenID Connect provider on this machine")
    run = commands.add_parser("up", parents=[common])
    run.add_argument("--port", type=int, default=int(os.environ.get("PORT", 4580)))
    run.add_argument("--aws-port", type=int, default=int(os.environ.get("AWS_PORT", 4566)))
    run.add_argument("command", nargs=argparse.REMAINDER, help="run this on the stack, then end, instead of waiting for Ctrl-C")
    run.set_defaults(run=up)
    check = commands.add_parser("test", parents=[common])
    check.add_argument("--faults", action="store_true", help="the functions call AWS through a proxy that fails as it is told")
    check.add_argument("--logs", type=Path, default=LOCAL / "logs" / "test")
    check.add_argument("command", nargs=argparse.REMAINDER)
    check.set_defaults(run=test)
    again = commands.add_parser("deploy", help="the stack of this environment anew, with parameters changed")
    again.add_argument("parameters", nargs="+", metavar="NAME=VALUE")
    again.set_defaults(run=change)
    commands.add_parser("build").set_defaults(run=lambda _: build())
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        return 130
    except (StackFailed, deploy.DeploymentFailed, BotoCoreError, ClientError) as failure:
        print(f"stack: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
