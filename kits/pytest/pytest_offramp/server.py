"""Starts the program, and speaks to it."""

import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# Any credential is good to an Offramp that listens on loopback.
TOKEN = "offramp-local-token-for-any-auth-0"
PACKAGE = "@offramp-ltm/offramp"
STOP_SECONDS = 15

USUAL = ["--memory", "--json", "--end-with-stdin", "--min-monitor-interval=1", "--drain-timeout=1"]
USUAL += [f"--{name}port=0" for name in ("", "edge-", "http-", "https-", "dns-", "private-")]


class OfframpError(Exception):
    """What was asked, and why it was refused."""


@dataclass(frozen=True)
class Visited:
    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Offramp:
    """A running server: `host:port` of what it listens at, and the file of the CA that connectors trust."""

    api_url: str
    http: str
    https: str
    dns: str
    edge: str
    edge_ca: str
    token: str = TOKEN

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Answers `result`, or everything where there is none. `path` is `/accounts/…` or `/_offramp/…`."""
        url = urlsplit(self.api_url)
        where = path if path.startswith("/_offramp/") else url.path + path
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        sent = None if body is None else json.dumps(body)
        answer = _send(url.netloc, method, where, headers, sent)
        if answer.status >= 300:
            raise OfframpError(f"{method} {path} was answered with {answer.status}: {answer.body}")
        read = json.loads(answer.body)
        return read["result"] if "result" in read else read

    def visit(
        self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> Visited:
        """A request of a visitor: goes to `http`, whatever the URL's host and port."""
        asked = urlsplit(url)
        if asked.scheme != "http":
            raise OfframpError(f'"{url}" begins with another scheme; a visit takes http://…')
        where = (asked.path or "/") + (f"?{asked.query}" if asked.query else "")
        return _send(self.http, method, where, {"host": asked.netloc, **(headers or {})}, body)


def _send(address: str, method: str, path: str, headers: Mapping[str, str], body: str | None) -> Visited:
    connection = http.client.HTTPConnection(address)
    try:
        connection.request(method, path, None if body is None else body.encode(), dict(headers))
        response = connection.getresponse()
        return Visited(response.status, dict(response.getheaders()), response.read().decode())
    finally:
        connection.close()


def _command() -> list[str]:
    named = os.environ.get("OFFRAMP_BIN")
    if named:
        return [named]
    found = shutil.which("offramp")
    if found:
        return [found]
    if shutil.which("npx"):
        return ["npx", "--yes", PACKAGE]
    raise OfframpError("there is no offramp: set OFFRAMP_BIN, or have offramp or npx on the PATH")


def start(args: Sequence[str] = ()) -> tuple[Offramp, Callable[[], None]]:
    """A server, and what stops it. It ends with this process in any case, since then its standard input does."""
    own = re.compile("(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_")
    env = {name: value for name, value in os.environ.items() if not own.match(name)}
    # A file, which nobody has to read for the program to go on.
    said = tempfile.TemporaryFile("w+")
    command = [*_command(), "start", *USUAL, *args]
    try:
        process = subprocess.Popen(
            command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        )
    except OSError as error:
        raise OfframpError(f"{command[0]} cannot be run: {error}") from error
    line = process.stdout.readline()
    if not line:
        code = process.wait()
        said.seek(0)
        raise OfframpError(f"no Offramp could be started by {command[0]}, code {code}: {said.read().strip()}")

    def stop() -> None:
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        said.close()

    ready = json.loads(line)
    names = ("api_url", "http", "https", "dns", "edge", "edge_ca")
    return Offramp(**{name: ready[name] for name in names}), stop
