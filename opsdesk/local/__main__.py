"""python -m opsdesk.local: run, reset, or exec a command with the servers up."""

import argparse
import os
import subprocess
import sys

from opsdesk.local import running, servers
from opsdesk.local.errors import LocalError, of_another_user


def main() -> None:
    """Do what was asked; what a person can mend is one sentence, not a trace."""
    parser = argparse.ArgumentParser(prog="python -m opsdesk.local")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="everything under one supervisor")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=_port, default=8000)
    verbs.add_parser("reset", help="throw the demo away and load it anew")
    command = verbs.add_parser("exec", help="run a command with the servers up")
    command.add_argument("argv", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    try:
        if asked.verb == "run":
            running.run(running.Address(asked.host, asked.port))
        elif asked.verb == "reset":
            running.reset()
        else:
            servers.use()
            sys.exit(subprocess.run(asked.argv, check=False).returncode)  # noqa: S603
    except LocalError as error:
        sys.exit(f"opsdesk: {error}")
    except PermissionError as error:
        sys.exit(f"opsdesk: {of_another_user(error.filename)}")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"“{text}” is not a port (1 to 65535).")
    return int(text)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsdesk.settings")
    main()
