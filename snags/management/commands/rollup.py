from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from snags.services import rollups


class Command(BaseCommand):
    help = "Bring the dashboard's figures up to date, or count everything anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="Count every day from the first on."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days = rollups.rebuild() if options["rebuild"] else rollups.roll_up()
        self.stdout.write(f"days counted: {days}")
