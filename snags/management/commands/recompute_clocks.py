from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sla.models import TermsChange
from snags.services import recompute


class Command(BaseCommand):
    help = "Bring running clocks up to changed calendars and contracts, now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force",
            action="store_true",
            help="Compute every running clock, whether or not its terms changed.",
        )
        parser.add_argument(
            "--seconds", type=float, default=600.0, help="Stop after so long."
        )

    def handle(self, **options: Any) -> None:
        seconds = options["seconds"]
        if options["force"]:
            done = recompute.recompute_all(seconds_budget=seconds)
        else:
            done = recompute.run_pending(
                seconds_budget=seconds, stragglers=timedelta(0)
            )
        left = TermsChange.objects.filter(finished_at__isnull=True).count()
        self.stdout.write(f"{done:,} clocks moved, {left} changes left.")
