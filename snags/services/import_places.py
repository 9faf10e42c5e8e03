"""What an import needs around its snags: a place to put them, people, teams, modules.

Everything is found by name first and created only when missing, so that running it
twice, or two imports one after the other, makes nothing twice. People who come from
another system cannot log in, get no mail and hold no role; teams, suppliers and modules
that only the log knows are out of use, so that nobody has to choose past them.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import models

from environments.models import Environment, Landscape, Module
from opsdesk.accounts.models import Party, User
from opsdesk.core.errors import RuleError
from opsdesk.core.records import save
from snags.models import GoLive, Snaglist

MAIL_DOMAIN = "imported.invalid"
NOBODY = "Nobody (imported)"
T = TypeVar("T", bound=models.Model)


@dataclass(frozen=True)
class Place:
    """Where imported snags go."""

    landscape: Landscape
    environment: Environment
    snaglist: Snaglist


@dataclass(frozen=True)
class Naming:
    """How people of a source are called here, and known again."""

    system: str
    pseudonyms: bool

    def shown(self, name: str) -> str:
        """The name people read; a pseudonym is the same for the same person."""
        if not self.pseudonyms or name == NOBODY:
            return name[:120]
        return f"Person {self._key(name)[:8]}"

    def address(self, name: str) -> str:
        return f"{self._key(name)}@{MAIL_DOMAIN}"

    def _key(self, name: str) -> str:
        """Without the secret key, a pseudonym cannot be found by trying out names."""
        text = f"{self.system}\n{self.pseudonyms}\n{name}".encode()
        secret = settings.SECRET_KEY.encode() if self.pseudonyms else b"imported"
        return hmac.new(secret, text, hashlib.sha256).hexdigest()[:20]


def landscape_for(name: str) -> Landscape | None:
    """The landscape to import into: the named one, the only one, or none yet.

    Raises RuleError when the name is not known, or when there are several and none is
    named. While there is none at all, any name will do.
    """
    known = {one.name: one for one in Landscape.objects.order_by("name")}
    if not known or name in known:
        return known.get(name)
    names = ", ".join([*known][:20])
    if name:
        raise RuleError(
            f"There is no landscape “{name}”. There are: {names}.", code="no_landscape"
        )
    if len(known) > 1:
        raise RuleError(
            f"There are several landscapes; say which with --landscape: {names}.",
            code="which_landscape",
        )
    return next(iter(known.values()))


def place_for(name: str, system: str, since: date) -> Place:
    """The landscape, its production, a go-live and a list; what is missing is made."""
    landscape = Landscape.objects.filter(name=name).first()
    if landscape is None:
        landscape = _made(Landscape(name=name))
    environment = (
        landscape.environments.order_by("-is_serving", "kind", "pk")
        .filter(kind=Environment.Kind.PRODUCTION)
        .first()
    )
    if environment is None:
        serving = landscape.environments.filter(is_serving=True).exists()
        environment = _made(
            Environment(
                landscape=landscape,
                kind=Environment.Kind.PRODUCTION,
                name="Production",
                is_serving=not serving,
            )
        )
    # A go-live of its own: the log's curve begins where the log does.
    title = f"Imported from {system}"
    golive = landscape.golives.filter(name=title).first()
    if golive is None:
        golive = _made(GoLive(landscape=landscape, name=title, went_live_on=since))
    snaglist = golive.snaglists.filter(name=title).first()
    if snaglist is None:
        snaglist = _made(Snaglist(golive=golive, name=title, is_open=False))
    return Place(landscape, environment, snaglist)


def people_named(names: Iterable[str], naming: Naming) -> dict[str, User]:
    """The people of these names in the source; the missing ones are added."""
    wanted = {naming.address(name): name for name in sorted(names)}
    found = _users(wanted)
    missing = [address for address in wanted if address not in found]
    if missing:
        rows = [
            User(
                email=address,
                name=naming.shown(wanted[address]),
                password=make_password(None),
                is_active=False,
                mail_me=False,
            )
            for address in missing
        ]
        _insert(rows, lambda: [*_users(missing).values()])
        found |= _users(missing)
    return {name: found[address] for address, name in wanted.items()}


def parties_named(names: Iterable[str], kind: str) -> dict[str, Party]:
    """The teams or suppliers of these names; a name in other use gets a mark."""
    shown = {name: name[:100] for name in sorted(names)}
    if not shown:
        return {}
    others = set(
        Party.objects.filter(name__in=shown.values())
        .exclude(kind=kind)
        .values_list("name", flat=True)
        .order_by("name")
    )
    shown = {
        n: f"{s} (imported {kind})" if s in others else s for n, s in shown.items()
    }
    found = _parties(shown.values())
    missing = [name for name in dict.fromkeys(shown.values()) if name not in found]
    if missing:
        rows = [Party(name=name, kind=kind, is_active=False) for name in missing]
        _insert(rows, lambda: [*_parties(missing).values()])
        found |= _parties(missing)
    return {name: found[label] for name, label in shown.items()}


def modules_named(names: Iterable[str], landscape: Landscape) -> dict[str, Module]:
    """The modules of these names in a landscape; the missing ones are added."""
    shown = {name: name[:80] for name in sorted(names)}
    Module.objects.bulk_create(
        [
            Module(landscape=landscape, name=label, is_active=False)
            for label in set(shown.values())
        ],
        ignore_conflicts=True,
    )
    rows = landscape.modules.filter(name__in=shown.values()).order_by("name")
    known = {module.name: module for module in rows}
    return {name: known[label] for name, label in shown.items()}


def _users(addresses: Iterable[str]) -> dict[str, User]:
    rows = User.objects.filter(email__in=list(addresses)).order_by("pk")
    return {user.email: user for user in rows}


def _parties(names: Iterable[str]) -> dict[str, Party]:
    rows = Party.objects.filter(name__in=list(names)).order_by("pk")
    return {party.name: party for party in rows}


def _insert(rows: list[T], again: Callable[[], list[T]]) -> None:
    """Insert rows that somebody else may be inserting too, with their first history."""
    model = type(rows[0])
    model._base_manager.bulk_create(rows, ignore_conflicts=True)  # noqa: SLF001
    history = model.history  # type: ignore[attr-defined]
    history.bulk_history_create(again(), default_change_reason="Imported")


def _made(row: T) -> T:
    save(row, actor=None)
    return row
