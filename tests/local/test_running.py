"""`make run` as a whole: one start, one page, one end with nothing left behind."""

import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from opsdesk.local import postgres, prepare, running
from opsdesk.local.processes import identify
from tests.local.conftest import Copy, leave
from tests.local.test_supervisor import eventually
from tests.plugins import tables

pytestmark = pytest.mark.worker


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def prepared_folder(used_folder, django_db_blocker):
    """Every table, and a stamp that says the demo is not wanted either."""
    made = Copy(used_folder.with_name("prepared"))
    subprocess.run(["cp", "-a", str(used_folder), str(made.var)], check=True)
    file = made.var / "tables.sql"
    with django_db_blocker.unblock():
        tables.dump(file)
    holder = made.holder()
    target = ("--host", str(made.places.sockets), "--username", "opsdesk", "opsdesk")
    psql = (postgres.programs() / "psql", "--quiet", "--output", os.devnull)
    subprocess.run([*psql, "-v", "ON_ERROR_STOP=1", "-f", file, *target], check=True)
    leave(holder)
    (made.places.cluster / "prepared").write_text(prepare.fingerprint())
    made.end()
    return made.var


@pytest.fixture
def prepared(empty_copy, prepared_folder):
    """A copy that has run before, and is down."""
    subprocess.run(["cp", "-a", str(prepared_folder), str(empty_copy.var)], check=True)
    return empty_copy


def started(copy, port):
    """A running product, from the first line it says to the last."""
    process = copy.start("-m", "opsdesk.local", "run", "--port", str(port))
    said = ""
    while "Stop with Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return process, said


def page(port):
    with urllib.request.urlopen(f"http://localhost:{port}/", timeout=20) as answer:
        return answer.status


def test_a_killed_run_is_recovered_and_the_next_one_leaves_nothing(prepared):
    port = free_port()
    process, _ = started(prepared, port)
    process.kill()
    process.wait()

    process, said = started(prepared, port)

    assert f"opsdesk answers at http://localhost:{port}/" in said
    assert page(port) == 200
    log = prepared.places.logs / "worker.log"
    eventually(lambda: log.exists() and "ready." in log.read_text(), seconds=180)
    for name in ("web", "probe", "beat"):
        assert (prepared.places.logs / f"{name}.log").exists()
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert said == "Stopped.\n"
    assert prepared.living() == []


def test_a_run_that_cannot_prepare_says_why_and_leaves_nothing(copy):
    process = copy.start(
        "-m", "opsdesk.local", "run", "--port", str(free_port()),
        DJANGO_SETTINGS_MODULE="no.such.settings",
    )  # fmt: skip
    said, _ = process.communicate(timeout=90)

    assert process.returncode == 1
    assert "opsdesk: Preparing the database failed. It said (in " in said
    assert "No module named 'no'" in said
    assert copy.living() == []


def test_a_prepared_copy_is_prepared_again_only_when_migrations_change(copy):
    stamp = copy.places.cluster / "prepared"
    stamp.unlink(missing_ok=True)
    assert not prepare.is_ready(copy.places)

    stamp.write_text(prepare.fingerprint())
    assert prepare.is_ready(copy.places)

    stamp.write_text("made by another version")
    assert not prepare.is_ready(copy.places)


def test_interrupted_while_the_servers_start_nothing_is_left(copy):
    process = copy.start("-m", "opsdesk.local", "run", "--port", str(free_port()))
    eventually((copy.places.data / "postmaster.pid").exists, seconds=30)
    begun = time.monotonic()

    process.terminate()
    process.communicate(timeout=90)

    assert time.monotonic() - begun < 30
    assert identify(process.pid) is None
    assert copy.living() == []


def test_the_programs_of_one_machine_leave_before_what_they_need():
    order = sorted(running.programs(), key=lambda program: program.leaves)

    assert [program.name for program in order] == ["beat", "worker", "probe", "web"]
