"""The supervisor: nobody stays down, everybody goes in order, nobody is left."""

import os
import signal
import socket
import sys
import time

import pytest

from opsdesk.local import running
from opsdesk.local.errors import LocalError
from opsdesk.local.places import Places
from opsdesk.local.processes import identify
from opsdesk.local.supervisor import Program, Supervisor, clear_leftovers
from tests.local.conftest import leave

# Notes its end in a common file, so that order can be read off.
NOTING = """
import os, pathlib, signal, sys
name, notes = sys.argv[1:]
def end(*_):
    with open(notes, "a") as out:
        out.write(name + "\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    signal.pause()
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
# Starts a program under a supervisor and waits to be killed.
SUPERVISING = """
import os, sys, time
from opsdesk.local import servers
from opsdesk.local.places import Places
from opsdesk.local.supervisor import Program, Supervisor
places = Places.of(os.environ)
servers.make(places)
supervisor = Supervisor(places, os.environ, print)
process = supervisor.start(Program("sleeper", ("/bin/sleep", "60")))
print(process.pid, flush=True)
while True:
    time.sleep(1)
"""


@pytest.fixture
def supervisor(copy):
    made = Supervisor(copy.places, copy.environ, str, lambda: True)
    yield made
    made.stop()


@pytest.fixture
def patient(copy):
    made = Supervisor(copy.places, copy.environ, str)
    yield made
    made.stop()


def eventually(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail(f"Not so within {seconds} seconds.")


def ready(supervisor, program, times=1):
    log = supervisor.log_of(program)
    eventually(lambda: log.read_text().count("ready") == times)


def test_programs_stop_in_their_order(copy, patient, tmp_path):
    notes = tmp_path / "notes"
    for name, leaves in (("web", 3), ("worker", 2), ("beat", 1)):
        argv = (sys.executable, "-c", NOTING, name, str(notes))
        program = Program(name, argv, leaves)
        patient.start(program)
        ready(patient, program)

    patient.stop()

    assert notes.read_text().split() == ["beat", "worker", "web"]


def test_a_fallen_program_is_started_again(copy, supervisor):
    program = Program("worker", (sys.executable, "-c", DEAF))
    first = supervisor.start(program)
    ready(supervisor, program)

    first.kill()

    def again():
        supervisor.look()
        return supervisor.log_of(program).read_text().count("ready") == 2

    eventually(again)


def test_a_second_wish_to_end_does_not_wait_for_the_deaf(copy, supervisor):
    program = Program("worker", (sys.executable, "-c", DEAF))
    process = supervisor.start(program)
    ready(supervisor, program)
    begun = time.monotonic()

    supervisor.stop()

    assert identify(process.pid) is None
    assert time.monotonic() - begun < 4


def test_what_a_program_forked_goes_with_it(copy, supervisor):
    forking = "import os, time; os.fork(); print('ready', flush=True); time.sleep(60)"
    program = Program("web", (sys.executable, "-c", forking))
    supervisor.start(program)
    ready(supervisor, program, times=2)

    supervisor.stop()

    eventually(lambda: copy.living() == [])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children")
def test_programs_die_with_a_killed_supervisor(copy):
    parent = copy.start("-c", SUPERVISING)
    pid = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    eventually(lambda: identify(pid) is None)


def test_the_next_start_ends_what_a_killed_supervisor_left(copy):
    detached = SUPERVISING.replace(
        "process = ",
        "from opsdesk.local import linux; linux.die_with_parent = print; process = ",
    )
    parent = copy.start("-c", detached)
    pid = int(parent.stdout.readline().split()[-1])
    parent.kill()
    parent.wait()
    assert identify(pid) is not None

    assert clear_leftovers(copy.places) == 1

    eventually(lambda: identify(pid) is None)
    assert clear_leftovers(copy.places) == 0


def test_programs_of_another_copy_are_left_alone(copy, supervisor):
    program = Program("worker", (sys.executable, "-c", DEAF))
    process = supervisor.start(program)
    ready(supervisor, program)

    assert clear_leftovers(Places(copy.places.var / "other")) == 0

    assert identify(process.pid) is not None


def test_a_busy_port_is_said_with_a_free_one_to_try():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(LocalError, match=f"Port {port} is in use. Try: make run"):
            running.check_port(running.Address("127.0.0.1", port))


def test_a_busy_port_ends_the_start_before_any_server_runs(empty_copy):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = empty_copy.start("-m", "opsdesk.local", "run", "--port", port)
        said, _ = process.communicate(timeout=90)

    assert process.returncode == 1
    assert said.startswith(f"opsdesk: Port {port} is in use. Try: make run PORT=")
    assert not empty_copy.places.data.exists()


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8000.5", ""])
def test_nonsense_for_a_port_is_refused(empty_copy, port):
    process = empty_copy.start("-m", "opsdesk.local", "run", f"--port={port}")
    said, _ = process.communicate(timeout=90)

    assert process.returncode == 2
    assert f"“{port}” is not a port (1 to 65535)." in said


def test_one_copy_has_one_supervisor(copy):
    locking = (
        "import os; from opsdesk.local import running;"
        "from opsdesk.local.places import Places\n"
        "with running.only_one(Places.of(os.environ), None):\n"
        "    print('up', flush=True); input()"
    )
    first = copy.start("-c", locking)
    assert first.stdout.readline() == "up\n"

    second = copy.start("-m", "opsdesk.local", "reset")
    said, _ = second.communicate(timeout=90)

    assert second.returncode == 1
    assert said.startswith(f"opsdesk: opsdesk already runs from {copy.places.var}")
    first.communicate("\n", timeout=30)


def test_one_s_own_database_is_never_reset(empty_copy):
    process = empty_copy.start(
        "-m", "opsdesk.local", "reset", DATABASE_URL="postgresql://me@db.example/mine"
    )
    said, _ = process.communicate(timeout=90)

    assert process.returncode == 1
    assert "throws away the embedded database only" in said


def test_the_supervisor_s_lease_outlives_a_one_off_command(copy):
    holder = copy.holder()
    command = copy.start("-m", "opsdesk.local", "exec", "true")

    command.communicate(timeout=30)

    assert identify(copy.postmaster()) is not None
    assert leave(holder) == "last"


def test_signals_reach_no_database_server(copy):
    holder = copy.holder()

    os.killpg(holder.pid, signal.SIGINT)
    holder.wait(timeout=30)

    assert identify(copy.postmaster()) is not None
    assert leave(copy.holder()) == "last"
    assert copy.living() == []
