"""The life of a package: drafted, sealed under its digest, blocked, withdrawn.

Files are added in `services.files`; once sealed, nobody changes them any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from changes import manifest, permissions
from changes.models import ChangeRequest, Package, PackageBlock, PackageEvent
from changes.moves import PACKAGE_MOVES
from changes.queries.packages import may_block
from environments.models import Component, Installation
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, save
from opsdesk.core.services.outbox import Note, notify
from snags.models import Snag


@transaction.atomic
def draft(
    *,
    actor: User,
    component: Component,
    label: str,
    package_class: str,
    author: User | None = None,
    origin: str = "",
    notes: str = "",
    requires: Sequence[Package] = (),
    supersedes: Package | None = None,
) -> Package:
    """Begin a package of one component; files follow. The author is never its judge.

    A supplier's contact delivers only what is theirs, for components of theirs.
    """
    require(permissions.can_make_packages(actor))
    access = access_of(actor)
    if not access.is_internal:
        require(author in {None, actor}, "You deliver in your own name.")
        require(component.supplier_id in access.supplier_ids, "It is not yours.")
    if supersedes is not None and supersedes.component_id != component.pk:
        raise RuleError("Only a package of the same component is superseded.")
    package = Package(
        component=component,
        label=label,
        package_class=package_class,
        author=author or actor,
        origin=origin,
        notes=notes,
        supersedes=supersedes,
    )
    save(package, actor=actor)
    if requires:
        package.requires.set(requires)
    log(package, "draft", actor=actor, at=clock.now(), supersedes=str(supersedes or ""))
    return package


@transaction.atomic
def edit(
    package: Package,
    *,
    actor: User,
    version: int | None,
    label: str,
    package_class: str,
    origin: str = "",
    notes: str = "",
    requires: Sequence[Package] = (),
) -> Package:
    """Describe a draft anew; a stale copy and a sealed package are refused."""
    package = editable(package, actor)
    check_version(package, version)
    if package.pk in {row.pk for row in requires}:
        raise RuleError("A package does not need itself.")
    package.label, package.package_class = label, package_class
    package.origin, package.notes = origin, notes
    save(package, actor=actor)
    package.requires.set(requires)
    log(package, "edit", actor=actor, at=clock.now())
    return package


@transaction.atomic
def seal(package: Package, *, actor: User) -> Package:
    """Close a draft for good under the SHA-256 of its manifest.

    The database computes the digest from the rows again and refuses another one.
    """
    package = locked(package)
    require(permissions.can_seal(actor, package))
    _judge(package, "seal")
    files = package.files.order_by("pk").values_list("path", "size", "sha256")
    entries = [manifest.Entry(*row) for row in files]
    if not entries:
        raise RuleError("There is nothing to seal: add a file.", code="no_files")
    at = clock.now()
    package.sha256 = manifest.digest(entries)
    package.sealed_at, package.sealed_by = at, actor
    _move(package, "seal", "sha256", "sealed_at", "sealed_by", actor=actor)
    log(package, "seal", actor=actor, at=at, sha256=package.sha256, files=len(entries))
    return package


@transaction.atomic
def block(
    package: Package, *, actor: User, reason: str, snag: Snag | None = None
) -> Package:
    """Let a sealed package start nowhere any more; where it runs, it goes on running.

    Its author and the people of open changes that bring it are told.
    """
    package = locked(package)
    require(may_block(actor, package))
    _judge(package, "block")
    at = clock.now()
    PackageBlock.objects.create(
        package=package, reason=reason, snag=snag, by=actor, at=at
    )
    _move(package, "block", actor=actor)
    ref = snag.ref if snag else ""
    event = log(package, "block", actor=actor, at=at, note=reason, snag=ref)
    _tell(package, event, f"{package} is blocked", reason, actor)
    return package


@transaction.atomic
def unblock(package: Package, *, actor: User, reason: str) -> Package:
    """Let it be used again: a manager who is not its author, with a reason."""
    package = locked(package)
    require(permissions.can_unblock(actor, package))
    _judge(package, "unblock")
    at = clock.now()
    package.blocks.filter(lifted_at__isnull=True).update(
        lifted_at=at, lifted_by=actor, lift_reason=reason
    )
    _move(package, "unblock", actor=actor)
    event = log(package, "unblock", actor=actor, at=at, note=reason)
    _tell(package, event, f"{package} may be used again", reason, actor)
    return package


@transaction.atomic
def withdraw(package: Package, *, actor: User, reason: str) -> Package:
    """Take a package out of use for good; refused while it serves the business."""
    require(permissions.can_withdraw(actor))
    package = locked(package)
    _judge(package, "withdraw")
    serving = Installation.objects.filter(
        component=package.component_id,
        sha256=package.sha256,
        during__upper_inf=True,
        environment__is_serving=True,
    ).order_by("pk")
    if found := serving.select_related("environment").first():
        raise RuleError(
            f"{package} is installed in {found.environment}, which serves the"
            " business. Replace it there first.",
            code="installed",
        )
    _move(package, "withdraw", actor=actor)
    event = log(package, "withdraw", actor=actor, at=clock.now(), note=reason)
    _tell(package, event, f"{package} is withdrawn", reason, actor)
    return package


def editable(package: Package, actor: User) -> Package:
    """The draft, locked, for somebody who may change it; refused once it is sealed."""
    package = locked(package)
    require(permissions.can_edit_package(actor, package))
    if not package.is_draft:
        raise RuleError(
            f"{package} is sealed: nothing in it changes any more.", code="sealed"
        )
    return package


def locked(package: Package) -> Package:
    """The package as it is now, held until the transaction ends."""
    rows = Package.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("component").get(pk=package.pk)


def log(
    package: Package, verb: str, *, actor: User | None, at: datetime, **params: Any
) -> PackageEvent:
    """Write one line of the package's timeline."""
    return PackageEvent.objects.create(
        package=package, verb=verb, params=params, actor=actor, at=at
    )


def _judge(package: Package, verb: str) -> None:
    if package.state not in PACKAGE_MOVES[verb].sources:
        state = package.get_state_display().lower()
        raise RuleError(f"{package} is {state}: one cannot {verb} it.", code="not_now")


def _move(package: Package, verb: str, *fields: str, actor: User) -> None:
    package.state = PACKAGE_MOVES[verb].target
    save(package, "state", *fields, actor=actor)


def _tell(
    package: Package, event: PackageEvent, title: str, body: str, actor: User
) -> None:
    """Tell the author and whoever brings the package somewhere, but not the actor."""
    changes = ChangeRequest.objects.open().filter(package=package).order_by("pk")
    rows = changes.select_related("requester", "implementer")
    involved = {
        package.author,
        *(p for c in rows for p in (c.requester, c.implementer)),
    }
    note = Note(f"package-{event.pk}", title, body, package.get_absolute_url())
    notify(involved - {actor}, note)
