from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsdesk.site import ticking


class Command(BaseCommand):
    help = (
        "Do everything that is due, once, without a broker: clocks, duties, mail,"
        " figures; once a day also the night's work."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Print nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = ticking.catch_up(mails=500)
        if not options["quiet"]:
            told = [f"{name} {n}" for name, n in done.items() if n is not None]
            self.stdout.write(", ".join(told))
        if broken := [name for name, n in done.items() if n is None]:
            raise CommandError(f"Failed, see the log: {', '.join(broken)}.")
