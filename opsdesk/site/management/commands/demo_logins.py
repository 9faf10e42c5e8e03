from typing import Any

from django.core.management.base import BaseCommand

from opsdesk.accounts.models import User
from opsdesk.site.demo.places import PASSWORD


class Command(BaseCommand):
    help = "Print the log-ins of the demo company, if it is loaded."

    def handle(self, *args: Any, **options: Any) -> None:
        people = User.objects.filter(is_demo=True, is_active=True).order_by("pk")
        for person in people:
            self.stdout.write(f"{person.email:28} {PASSWORD:8} {person.job}")
