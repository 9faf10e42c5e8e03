from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from opsdesk.core.services import outbox
from opsdesk.site import ticking
from snags.services import rollups


class Command(BaseCommand):
    help = "Do everything that is due, once, without a broker: clocks, duties, mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Print nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        done = {
            **ticking.tick(),
            **ticking.sweep_slowly(),
            "mails": outbox.deliver(limit=500),
            "days": rollups.roll_up(),
        }
        if not options["quiet"]:
            self.stdout.write(", ".join(f"{name} {n}" for name, n in done.items()))
