from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsdesk.core.errors import RuleError
from opsdesk.site.demo import loading


class Command(BaseCommand):
    help = "Load the demo company into an empty development database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing where there is data."
        )
        parser.add_argument(
            "--reset", action="store_true", help="Empty the database first."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and not loading.is_empty():
            return
        try:
            if options["reset"]:
                loading.reset()
            count = loading.load()
        except RuleError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The demo company is there, with {count} snags.")
