#!/usr/bin/env python
"""Run a management command; the embedded servers come up when none are named."""

import os
import sys

from django.core.management import execute_from_command_line

from opsdesk.local import servers

# These only print, so they neither need nor wait for a database.
PRINTING = {"help", "version", "-h", "--help", "--version"}


def main() -> None:
    """Bring the servers along, then do what Django's command line does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsdesk.settings")
    if PRINTING.isdisjoint(sys.argv[1:]) and len(sys.argv) > 1:
        servers.use()
    else:
        servers.export(os.environ)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
