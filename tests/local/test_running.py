"""`make run` as a whole: one start, one page, one end with nothing left behind."""

import os
import signal
import socket
import time
import urllib.request

import pytest

from opsdesk.local import prepare, running
from opsdesk.local.processes import identify
from tests.local.test_supervisor import eventually

pytestmark = pytest.mark.worker


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(copy, port):
    """A running product; the demo is not what these tests are about."""
    process = copy.start(
        "-m", "opsdesk.local", "run", "--port", str(port), OPSDESK_DEMO="none"
    )
    said = ""
    while "Stop with Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return process, said


def page(port):
    with urllib.request.urlopen(f"http://localhost:{port}/", timeout=20) as answer:
        return answer.status


def test_a_whole_run_serves_a_page_and_leaves_nothing(copy):
    port = free_port()

    process, said = started(copy, port)

    assert f"opsdesk answers at http://localhost:{port}/" in said
    assert page(port) == 200
    for name in ("web", "worker", "probe", "beat"):
        assert (copy.places.logs / f"{name}.log").exists()
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=40)
    assert process.returncode == 0
    assert said == "Stopped.\n"
    assert copy.living() == []


def test_a_killed_supervisor_is_recovered_by_the_next_start(copy):
    port = free_port()
    process, _ = started(copy, port)
    process.kill()
    process.wait()

    process, _ = started(copy, port)

    assert page(port) == 200
    process.terminate()
    process.communicate(timeout=40)
    assert copy.living() == []


def test_a_run_that_cannot_prepare_says_why_and_leaves_nothing(copy):
    process = copy.start(
        "-m", "opsdesk.local", "run", "--port", str(free_port()),
        DJANGO_SETTINGS_MODULE="no.such.settings",
    )  # fmt: skip
    said, _ = process.communicate(timeout=40)

    assert process.returncode == 1
    assert "opsdesk: Preparing the database failed. It said (in " in said
    assert "No module named 'no'" in said
    assert copy.living() == []


def test_a_prepared_copy_is_prepared_again_only_when_migrations_change(copy):
    stamp = copy.places.cluster / "prepared"
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
    process.communicate(timeout=40)

    assert time.monotonic() - begun < 30
    assert identify(process.pid) is None
    assert copy.living() == []


def test_the_programs_of_one_machine_leave_before_what_they_need():
    order = sorted(running.programs(), key=lambda program: program.leaves)

    assert [program.name for program in order] == ["beat", "worker", "probe", "web"]
