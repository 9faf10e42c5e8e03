"""Makes the database ready in one Django process: tables, demo company, log-ins."""

import argparse
import hashlib
import os
import sys

import django
from django.core.management import CommandError, call_command, get_commands

from opsdesk.local import servers
from opsdesk.local.places import BASE_DIR, Places

FINGERPRINTED = ("*/migrations/*.py", "opsdesk/*/migrations/*.py", "requirements.lock")


def fingerprint() -> str:
    """Changes whenever a migration, or the version of a library with some, does."""
    digest = hashlib.sha256()
    for pattern in FINGERPRINTED:
        for path in sorted(BASE_DIR.glob(pattern)):
            digest.update(str(path.relative_to(BASE_DIR)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready(places: Places) -> bool:
    """Whether this copy's embedded database needs neither tables nor demo data."""
    stamp = places.cluster / "prepared"
    return stamp.exists() and stamp.read_text() == fingerprint()


def main() -> None:
    """Do what the command line names, skipping commands this version lacks."""
    parser = argparse.ArgumentParser(prog="opsdesk.local.prepare")
    parser.add_argument("steps", nargs="+", choices=["migrate", "demo", "logins"])
    steps = parser.parse_args().steps
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsdesk.settings")
    servers.use()
    django.setup()
    try:
        _take(steps)
    except CommandError as error:
        sys.exit(str(error))


def _take(steps: list[str]) -> None:
    complete = True
    if "migrate" in steps:
        call_command("migrate", interactive=False, verbosity=0)
    if "demo" in steps:
        complete = _run_if_known("load_demo", "--if-empty")
    if "logins" in steps:
        _run_if_known("demo_logins")
    if complete and {"migrate", "demo"} <= set(steps):
        _stamp()


def _run_if_known(name: str, *arguments: str) -> bool:
    if name not in get_commands():
        sys.stderr.write(f"This version has no command {name}; skipped.\n")
        return False
    call_command(name, *arguments)
    return True


def _stamp() -> None:
    # One's own database may be exchanged behind the stamp's back: never skip there.
    if servers.needs(os.environ).postgres:
        stamp = Places.of(os.environ).cluster / "prepared"
        stamp.write_text(fingerprint())


if __name__ == "__main__":
    main()
