"""The product as it is served in production, and plain clients that ask it."""

import http.client
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from statistics import median, quantiles
from urllib.parse import urlencode

from benchmarks.databases import ROOT, Database
from benchmarks.inside import Inside, opened

PATIENCE = 60.0
STATIC = re.compile(r"/static/[\w./-]+\.(?:css|js|svg|woff2)")
# Of packages whose pages are not measured; compressing them takes half a minute.
NOT_SERVED = ("drf_spectacular_sidecar", "rest_framework")
# A module or style sheet names what it needs beside itself.
BESIDE = re.compile(
    r"""(?:from\s*|import\s*|url\()["']?\.?/?([\w./-]+\.(?:js|css|woff2|svg))"""
)


@dataclass(frozen=True)
class Answer:
    """What came back: the body as it came over the wire, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def wire(self) -> int:
        """Bytes of the whole answer."""
        lines = sum(len(f"{name}: {value}\r\n") for name, value in self.headers.items())
        return len(self.body) + lines + len("HTTP/1.1 200 OK\r\n\r\n")


@dataclass
class Visitor:
    """One signed-in person with one kept connection."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    encoding: str = "gzip"

    def __post_init__(self) -> None:
        """Connect when first asked."""
        self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str, *, expect: int = 200) -> Answer:
        """Ask for a page; anything but what is expected is an error."""
        return self._ask("GET", path, None, expect)

    def post(self, path: str, values: list[tuple[str, str]], *, expect: int) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode(values).encode(), expect)

    def _ask(self, how: str, path: str, body: bytes | None, expect: int) -> Answer:
        headers = {
            "Host": f"localhost:{self.port}",
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Accept-Encoding": self.encoding,
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        try:
            self._line.request(how, path, body, headers)
            response = self._line.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError):
            self._line.close()  # the server's keep-alive was over
            began = time.perf_counter()
            self._line.request(how, path, body, headers)
            response = self._line.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        self._keep_cookies(response)
        if response.status != expect:
            shown = content[:500].decode(errors="replace")
            raise RuntimeError(f"{path} answered {response.status}: {shown}")
        return Answer(response.status, dict(response.getheaders()), content, seconds)

    def _keep_cookies(self, response: http.client.HTTPResponse) -> None:
        for line in response.msg.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value


@dataclass
class Served:
    """A database with two processes of the product in front of it."""

    database: Database
    port: int
    inside: Inside
    _sessions: dict[int, str] = field(default_factory=dict)

    def visitor(self, person: int, encoding: str = "gzip") -> Visitor:
        """The person, signed in without the log-in page."""
        if person not in self._sessions:
            self._sessions[person] = self.inside.ask("session", person=person)
        cookies = {"__Host-session": self._sessions[person]}
        return Visitor(self.port, cookies, encoding)


@contextmanager
def served(database: Database) -> Iterator[Served]:
    """Serve a database by gunicorn with the product's own settings."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = database.environment(OPSDESK_BIND=f"127.0.0.1:{port}")
    log = Path(environment["OPSDESK_VAR"]) / f"web-{database.name}.log"
    options = ("-c", str(ROOT / "opsdesk" / "gunicorn.py"), "opsdesk.wsgi")
    with log.open("w") as file, opened(database) as inside:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
        )
        try:
            _await(port, process, log)
            yield Served(database, port, inside)
        finally:
            process.send_signal(signal.SIGINT)  # at once: nobody is being served
            process.wait(40)


def _await(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            Visitor(port).get("/health/live")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The web process did not come up: {log.read_text()[-2000:]}")


def collect_static() -> None:
    """Compress what browsers fetch once, as an installation does."""
    left_out = (option for name in NOT_SERVED for option in ("--ignore", name))
    command = ("collectstatic", "--noinput", "--verbosity", "0", *left_out)
    Database("postgres").manage(*command)


def static_files(visitor: Visitor, page: str) -> dict[str, int]:
    """Every static file a page leads to, also by way of others, and its bytes."""
    plain = Visitor(visitor.port, encoding="identity")
    found: dict[str, int] = {}
    todo = sorted(set(STATIC.findall(page)))
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found[path] = Visitor(visitor.port, encoding="br, gzip").get(path).wire
        if path.endswith((".js", ".css")):
            text = plain.get(path).body.decode()
            folder = path.rpartition("/")[0]
            todo += STATIC.findall(text)
            todo += [_under(folder, name) for name in BESIDE.findall(text)]
    return found


def _under(folder: str, name: str) -> str:
    return name if name.startswith("/") else f"{folder}/{name}"


def p50(times: list[float]) -> float:
    """The median, in milliseconds."""
    return median(times) * 1000


def p95(times: list[float]) -> float:
    """What one in twenty exceeds, in milliseconds."""
    return quantiles(times, n=20)[-1] * 1000
