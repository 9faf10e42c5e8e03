import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsdesk.core.errors import RuleError
from snags.models import ImportProfile
from snags.services.import_profiles import read_mapping, save_profile


class Command(BaseCommand):
    help = "List, show or save import profiles: what another system's columns mean."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="The profile; all when left out.")
        parser.add_argument("--show", action="store_true", help="Print it as JSON.")
        parser.add_argument(
            "--save",
            type=Path,
            metavar="FILE",
            help="Save it from a JSON or YAML file.",
        )
        parser.add_argument("--description", default="", help="One line about it.")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        if not name:
            for known in ImportProfile.objects.order_by("name"):
                self.stdout.write(f"{known.name}  {known.description}".rstrip())
            return
        if options["save"]:
            self._save(name, options)
            return
        row = ImportProfile.objects.filter(name=name).first()
        if row is None:
            raise CommandError(f"There is no profile “{name}”.", returncode=2)
        self.stdout.write(json.dumps(row.mapping, indent=2, ensure_ascii=False))

    def _save(self, name: str, options: dict[str, Any]) -> None:
        try:
            row = save_profile(
                name,
                mapping=read_mapping(options["save"]),
                description=options["description"],
            )
        except RuleError as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"Profile “{row.name}” saved, version {row.version}.")
