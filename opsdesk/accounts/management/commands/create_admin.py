from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from opsdesk.accounts.services.people import create_first_administrator
from opsdesk.core.errors import RuleError


class Command(BaseCommand):
    help = "Make the first access administrator and print a set-password link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument(
            "--another",
            action="store_true",
            help="although there is an access administrator already",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
            person, link = create_first_administrator(
                email=options["email"],
                name=options["name"],
                another=options["another"],
            )
        except ValidationError as error:
            raise CommandError("This is not an e-mail address.") from error
        except RuleError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{person} looks after access. Choose a password at\n{link}")
