"""The embedded servers: shared, found again, stopped by the last one out."""

import os
import signal
import subprocess
import time

import psycopg2
import pytest

from opsdesk.local import postgres, servers, valkey
from opsdesk.local.errors import LocalError
from opsdesk.local.places import LONGEST_SOCKET_PATH, SOCKET_NAME, Places
from tests.local.conftest import leave


def ask(copy, statement):
    connection = postgres.connect(copy.places, "opsdesk")
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def test_two_processes_share_the_servers_and_the_last_one_out_stops_them(copy):
    first = copy.holder()
    postmaster, broker = copy.postmaster(), copy.broker()
    second = copy.holder()

    assert (copy.postmaster(), copy.broker()) == (postmaster, broker)
    assert leave(first) == "not last"
    assert postgres.is_answering(copy.places)
    assert valkey.is_answering(copy.places)
    assert leave(second) == "last"
    assert copy.living() == []


def test_data_survive_a_stop(copy):
    holder = copy.holder()
    ask(copy, "CREATE TABLE kept AS SELECT 42 AS answer")
    leave(holder)

    holder = copy.holder()

    assert ask(copy, "SELECT answer FROM kept") == (42,)
    leave(holder)


def test_servers_of_a_killed_holder_are_used_again(copy):
    killed = copy.holder()
    postmaster, broker = copy.postmaster(), copy.broker()
    killed.kill()
    killed.wait()

    holder = copy.holder()

    assert (copy.postmaster(), copy.broker()) == (postmaster, broker)
    assert leave(holder) == "last"
    assert copy.living() == []


def test_everything_killed_at_once_comes_back_with_its_data(copy):
    copy.environ["OPSDESK_SERVERS"] = "normal"  # tests' own profile may lose commits
    holder = copy.holder()
    ask(copy, "CREATE TABLE kept AS SELECT 42 AS answer")
    for pid in (holder.pid, copy.postmaster(), copy.broker()):
        os.kill(pid, signal.SIGKILL)
    holder.wait()

    holder = copy.holder()

    assert ask(copy, "SELECT answer FROM kept") == (42,)
    assert leave(holder) == "last"
    assert copy.living() == []


def test_a_record_that_names_a_stranger_does_not_stop_the_start(copy):
    leave(copy.holder())
    record = copy.places.data / "postmaster.pid"
    record.write_text(f"{os.getpid()}\n{copy.places.data}\n0\n5432\n\n\n0 0\nready\n")

    holder = copy.holder()

    assert copy.postmaster() != os.getpid()
    assert leave(holder) == "last"


def test_a_half_made_cluster_is_made_again(empty_copy):
    unfinished = empty_copy.places.cluster / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    holder = empty_copy.holder()

    assert ask(empty_copy, "SELECT current_user") == ("postgres",)
    leave(holder)


def test_a_server_that_dies_under_a_lease_is_revived(copy):
    lease = servers.take(copy.environ)
    postmaster, broker = copy.postmaster(), copy.broker()
    os.kill(postmaster, signal.SIGKILL)
    os.kill(broker, signal.SIGKILL)

    while not servers.revive(copy.environ):  # a killed process takes a moment to go
        time.sleep(0.01)
    assert not servers.revive(copy.environ)

    assert copy.postmaster() != postmaster
    assert copy.broker() != broker
    assert lease.release()


def test_the_application_is_no_superuser_and_nobody_listens_on_a_port(copy):
    holder = copy.holder()

    superuser = ask(copy, "SELECT rolsuper FROM pg_roles WHERE rolname = 'opsdesk'")

    assert superuser == (False,)
    assert ask(copy, "SHOW listen_addresses") == ("",)
    assert copy.places.sockets.stat().st_mode & 0o777 == 0o700
    leave(holder)


def test_servers_of_ones_own_are_left_alone(empty_copy):
    empty_copy.environ |= {
        "DATABASE_URL": "postgresql://me@db.example/opsdesk",
        "REDIS_URL": "redis://broker.example:6379/0",
    }

    assert servers.take(empty_copy.environ) is None

    assert empty_copy.environ["DATABASE_URL"] == "postgresql://me@db.example/opsdesk"
    assert not empty_copy.var.exists()


def test_an_address_in_a_file_is_ones_own_too(empty_copy):
    empty_copy.environ |= {"DATABASE_URL_FILE": "/run/secrets/database_url"}

    assert servers.needs(empty_copy.environ) == servers.Needs(
        postgres=False, valkey=True
    )


def test_production_refuses_the_embedded_servers(empty_copy):
    empty_copy.environ |= {
        "OPSDESK_ENV": "production",
        "REDIS_URL": "redis://b.example/0",
    }

    with pytest.raises(LocalError, match="In production set DATABASE_URL to servers"):
        servers.take(empty_copy.environ)

    assert not empty_copy.var.exists()


def test_a_management_command_in_production_says_so_in_a_sentence(empty_copy):
    process = empty_copy.start("manage.py", "check", OPSDESK_ENV="production")

    said, _ = process.communicate(timeout=90)

    assert process.returncode == 1
    assert said == (
        "opsdesk: The embedded servers are for development and demonstration only."
        " In production set DATABASE_URL and REDIS_URL to servers of your own.\n"
    )


def test_a_command_runs_with_the_servers_up_and_leaves_none(copy):
    probe = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    process = copy.start("-m", "opsdesk.local", "exec", "python3", "-c", probe)

    said, _ = process.communicate(timeout=90)

    assert said == f"{copy.places.database_url} {copy.places.redis_url}\n"
    assert copy.living() == []


def test_a_terminated_command_still_puts_the_servers_away(copy):
    script = (
        "from opsdesk.local import servers; servers.use();"
        " print('up', flush=True); input()"
    )
    process = copy.start("-c", script)
    assert process.stdout.readline() == "up\n"

    process.terminate()
    process.wait(timeout=30)

    assert process.returncode == 128 + signal.SIGTERM
    assert copy.living() == []


def test_socket_paths_fit_the_kernel_however_deep_the_folder(tmp_path):
    deep = Places(tmp_path / ("d" * 120) / "var")
    other = Places(tmp_path / ("e" * 120) / "var")

    assert len(os.fsencode(deep.sockets / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
    assert deep.sockets != other.sockets


def test_a_folder_with_odd_letters_serves(empty_copy):
    empty_copy.var = empty_copy.var.with_name("a b+c%20?é#")
    empty_copy.places = Places(empty_copy.var.resolve())
    empty_copy.environ["OPSDESK_VAR"] = str(empty_copy.var)

    process = empty_copy.start("-c", ODD)

    said, _ = process.communicate(timeout=90)
    assert said == "opsdesk True True\n"


ODD = """
from opsdesk.local import servers
servers.use()
import os, django, redis
django.setup()
from celery import Celery
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_database()")
    (name,) = cursor.fetchone()
from django.conf import settings
bell = Celery(broker=settings.CELERY_BROKER_URL).connection()
bell.ensure_connection(max_retries=1)
print(name, redis.from_url(os.environ["REDIS_URL"]).ping(), bell.connected)
"""


def test_a_cluster_of_another_version_is_refused(copy):
    leave(copy.holder())
    (copy.places.data / "PG_VERSION").write_text("12\n")

    with pytest.raises(LocalError, match="made by PostgreSQL 12"):
        servers.take(copy.environ)

    assert copy.living() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets other users' folders")
def test_root_runs_the_servers_as_somebody_unprivileged(copy):
    holder = copy.holder()

    users = subprocess.run(
        ["ps", "-o", "uid=", "-p", f"{copy.postmaster()},{copy.broker()}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "0" not in users
    assert len(users) == 2
    leave(holder)


def test_no_connection_is_taken_for_ours_once_the_servers_are_gone(copy):
    leave(copy.holder())

    with pytest.raises(psycopg2.OperationalError):
        postgres.connect(copy.places, "opsdesk")

    assert not postgres.is_answering(copy.places)
    assert not valkey.is_answering(copy.places)


def test_data_opened_to_others_by_chmod_are_closed_again(copy):
    copy.places.data.chmod(0o755)

    leave(copy.holder())

    assert copy.places.data.stat().st_mode & 0o777 == 0o700


def test_a_server_that_left_no_record_is_not_run_twice(copy):
    killed = copy.holder()
    killed.kill()
    killed.wait()
    (copy.places.sockets / "valkey.pid").unlink()
    copy.places.valkey_socket.unlink()

    holder = copy.holder()

    assert len([name for name in copy.living() if "valkey-server" in name]) == 1
    assert leave(holder) == "last"
    assert copy.living() == []
