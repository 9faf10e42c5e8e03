from typing import Any

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """Django's, as patient as a large table needs: no statement is given up."""

    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            try:
                super().handle(*args, **options)
            finally:
                cursor.execute("RESET statement_timeout")
