from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from opsdesk.accounts.models import User
from opsdesk.site.demo.places import PASSWORD

FIRST = (
    "Nobody can sign in yet. Make the first access administrator, beside this:\n"
    f"  OPSDESK_VAR={settings.VAR_DIR} OPSDESK_SITE_URL={settings.SITE_URL}"
    ' .venv/bin/python manage.py create_admin you@example.org "Your Name"'
)


class Command(BaseCommand):
    help = "Print the log-ins of the demo company, or how to make the first person."

    def handle(self, *args: Any, **options: Any) -> None:
        if not User.objects.exists():
            self.stdout.write(FIRST)
        people = User.objects.filter(is_demo=True, is_active=True).order_by("pk")
        for person in people:
            self.stdout.write(f"{person.email:28} {PASSWORD:8} {person.job}")
