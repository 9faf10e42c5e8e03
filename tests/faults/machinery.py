"""Real processes on a database of their own, and a mail server that can be bad."""

import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from email import message_from_bytes
from pathlib import Path

import psycopg2
import redis
from django.db import connection
from psycopg2 import sql

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 45  # seconds a slow machine may take for what takes one


def until(holds, *, within=PATIENCE):
    """Wait until something is so; say what it was if it never is."""
    end = time.monotonic() + within
    while not (last := holds()):
        assert time.monotonic() < end, f"{holds.__name__} never held: {last!r}"
        time.sleep(0.05)
    return last


# --- A database of one's own ---------------------------------------------------------


class OwnDatabase:
    """A copy of the test database that other processes may see committed rows in."""

    def __init__(self, name="proof_of_faults"):
        self.name, self.usual = name, connection.settings_dict["NAME"]
        self.url = _with_path(os.environ["DATABASE_URL"], self.name)

    def make(self, template=None):
        """With the rows of another one, or of the test database."""
        like = template.name if template else self.usual
        connection.close()
        self._server(
            sql.SQL(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = {} AND backend_type = 'client backend'"
            ).format(sql.Literal(like)),
            f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)',
            f'CREATE DATABASE "{self.name}" TEMPLATE "{like}"',
        )
        return self

    def drop(self):
        self._server(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def __enter__(self):
        connection.close()
        connection.settings_dict["NAME"] = self.name
        return self

    def __exit__(self, *_error):
        connection.close()
        connection.settings_dict["NAME"] = self.usual

    def connect(self):
        """Another session on it, outside Django."""
        given = connection.get_connection_params()
        return psycopg2.connect(**{**given, "dbname": self.name})

    def _server(self, *statements):
        given = connection.get_connection_params()
        other = psycopg2.connect(**{**given, "dbname": "postgres"})
        other.autocommit = True
        with other.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        other.close()


def _with_path(url, name):
    address, mark, options = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{mark}{options}"


# --- Processes -----------------------------------------------------------------------


class Processes:
    """Programs of the product, started as its own supervisor starts them."""

    def __init__(self, database, folder, **environ):
        self.folder, self.running = folder, {}
        self.prefix, self.broker = "proof-of-faults", os.environ["REDIS_URL"]
        self.environ = {
            **os.environ,
            "DATABASE_URL": database.url,
            "DJANGO_SETTINGS_MODULE": "opsdesk.settings",
            "OPSDESK_CACHE_PREFIX": self.prefix,
            "OPSDESK_WATCH_PATIENCE": "600",
            **environ,
        }

    def worker(self, name):
        arguments = ("-n", f"{name}@%h", "-c", "1", "--without-mingle")
        return self.start(name, "celery", "worker", *arguments, "--without-gossip")

    def beat(self):
        schedule = self.folder / "schedule"
        rings = ("--skip-checks", "beat", "--schedule", str(schedule))
        return self.start("beat", "celery", *rings)

    def start(self, name, program, *arguments):
        module = ("-m", "celery", "-A", "opsdesk") if program == "celery" else ()
        log = (self.folder / f"{name}.log").open("wb")
        self.running[name] = subprocess.Popen(
            [sys.executable, *module, *arguments],
            cwd=ROOT,
            env={**self.environ, "PGAPPNAME": name},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        return self.running[name]

    def tick(self, name="tick"):
        return self.start(name, "manage", "manage.py", "tick", "--quiet")

    def kill(self, name):
        """SIGKILL to the whole of it, as when the machine's memory ran out."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self):
        for name in list(self.running):
            self.kill(name)

    def flush_broker(self):
        """Everything the broker holds of ours is gone."""
        broker = redis.Redis.from_url(self.broker)
        keys = list(broker.scan_iter(f"{self.prefix}*", count=1000))
        if keys:
            broker.delete(*keys)
        broker.close()
        return len(keys)

    def said(self):
        return "".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )


# --- Mail ----------------------------------------------------------------------------


class Sink(socketserver.ThreadingTCPServer):
    """A mail server on this machine: refuses as often as told, keeps what it takes.

    With `hold` set it takes a mail and never says so: the sender is left in doubt.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, refusals=0):
        super().__init__(("127.0.0.1", 0), _Talk)
        self.refusals, self.mails = refusals, []
        self.hold = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def ids(self):
        return [mail["Message-ID"] for mail in self.mails]

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self._say(b"220 sink")
        while line := self.rfile.readline():
            verb = line[:4].strip().upper()
            if verb == b"DATA":
                self._data()
            elif verb == b"QUIT":
                self._say(b"221 bye")
                return
            else:
                self._say(b"250 ok")

    def _data(self):
        if self.server.refusals:
            self.server.refusals -= 1
            self._say(b"451 try again later")
            return
        self._say(b"354 go on")
        body = b""
        while (line := self.rfile.readline()) != b".\r\n":
            body += line
        self.server.mails.append(message_from_bytes(body))
        if self.server.hold.is_set():
            threading.Event().wait(60)
        self._say(b"250 taken")

    def _say(self, line):
        self.wfile.write(line + b"\r\n")
