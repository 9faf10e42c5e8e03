"""Go-lives and their snaglists: named, corrected, opened and closed."""

from datetime import date
from typing import Any

from django.db import transaction

from environments.models import Landscape, Module
from opsdesk.accounts.access import Role, access_of
from opsdesk.accounts.models import Party, User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, save
from snags.models import GoLive, Snaglist

EDITORS = (Role.MANAGER, Role.ADMINISTRATOR)


@transaction.atomic
def create_golive(
    *, actor: User, landscape: Landscape, name: str, went_live_on: date
) -> GoLive:
    """Write down a go-live, with a first list that takes what nobody has sorted yet."""
    _check(actor)
    golive = GoLive(landscape=landscape, name=name, went_live_on=went_live_on)
    save(golive, actor=actor)
    save(Snaglist(golive=golive, name="General"), actor=actor)
    return golive


@transaction.atomic
def edit_golive(
    golive: GoLive, *, actor: User, version: int, name: str, went_live_on: date
) -> GoLive:
    """Correct a go-live; it stays with its landscape."""
    _check(actor)
    golive = GoLive.objects.select_for_update(of=("self",)).get(pk=golive.pk)
    check_version(golive, version)
    golive.name, golive.went_live_on = name, went_live_on
    save(golive, "name", "went_live_on", "version", actor=actor)
    return golive


@transaction.atomic
def create_snaglist(
    golive: GoLive,
    *,
    actor: User,
    name: str,
    module: Module | None = None,
    site: Party | None = None,
    phase: str = "",
) -> Snaglist:
    """Open a list of a go-live for a module, a site, a phase, or all of it."""
    _check(actor)
    snaglist = Snaglist(golive=golive)
    _describe(snaglist, name=name, module=module, site=site, phase=phase)
    save(snaglist, actor=actor)
    return snaglist


@transaction.atomic
def edit_snaglist(
    snaglist: Snaglist,
    *,
    actor: User,
    version: int,
    name: str,
    module: Module | None = None,
    site: Party | None = None,
    phase: str = "",
) -> Snaglist:
    """Correct what a list is called and about; its snags stay on it."""
    _check(actor)
    snaglist = _locked(snaglist)
    check_version(snaglist, version)
    _describe(snaglist, name=name, module=module, site=site, phase=phase)
    save(snaglist, "name", "module", "site", "phase", "version", actor=actor)
    return snaglist


@transaction.atomic
def open_snaglist(snaglist: Snaglist, *, actor: User) -> Snaglist:
    """Let the list take new snags again."""
    return _turn(snaglist, actor, is_open=True)


@transaction.atomic
def close_snaglist(snaglist: Snaglist, *, actor: User) -> Snaglist:
    """No new snags for this list; those on it go on. One list stays open."""
    return _turn(snaglist, actor, is_open=False)


def _turn(snaglist: Snaglist, actor: User, *, is_open: bool) -> Snaglist:
    _check(actor)
    # The go-live first: two people closing the last two lists wait for each other.
    GoLive.objects.select_for_update(of=("self",)).get(pk=snaglist.golive_id)
    snaglist = _locked(snaglist)
    others = Snaglist.objects.filter(golive=snaglist.golive_id, is_open=True)
    if not is_open and not others.exclude(pk=snaglist.pk).exists():
        raise RuleError(
            "This is the only open list of its go-live; reports need one.",
            code="last_list",
        )
    snaglist.is_open = is_open
    save(snaglist, "is_open", actor=actor)
    return snaglist


def _check(actor: User) -> None:
    require(access_of(actor).has(*EDITORS), "Managers and administrators edit lists.")


def _locked(snaglist: Snaglist) -> Snaglist:
    rows = Snaglist.objects.select_for_update(of=("self",))
    return rows.select_related("golive").get(pk=snaglist.pk)


def _describe(snaglist: Snaglist, **wanted: Any) -> None:
    module = wanted["module"]
    if module and module.landscape_id != snaglist.golive.landscape_id:
        raise RuleError("That module is of another landscape.", code="bad_module")
    for name, value in wanted.items():
        setattr(snaglist, name, value)
