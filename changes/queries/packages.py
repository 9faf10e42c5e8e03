"""Reads of packages: the list, the page of one, what differs between two."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from changes import manifest, permissions
from changes.models import (
    ChangeRequest,
    Package,
    PackageBlock,
    PackageFile,
    TestSignOff,
)
from changes.models.packages import PackageQuerySet
from changes.moves import PACKAGE_MOVES
from changes.package_wording import Told, told
from environments.models import Component, Environment, Installation
from environments.queries.installed import installed
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from snags.models import Snag

EVENTS = 100


@dataclass(frozen=True)
class Happened:
    who: User | None
    at: datetime
    told: Told


@dataclass(frozen=True)
class PackagePage:
    """Everything the page of one package shows: of what it leads to, whether this
    person may open it; environments for those who read the inventory."""

    package: Package
    files: list[PackageFile]
    size: int
    block: PackageBlock | None
    may_open_snag: bool
    may_open_before: bool
    installations: list[Installation]
    changes: list[ChangeRequest]
    environments: list[Environment]
    others: list[Package]
    needs: list[tuple[Package, bool]]
    events: list[Happened]
    verbs: frozenset[str]

    @property
    def is_partly_declared(self) -> bool:
        return any(not row.file for row in self.files)


@dataclass(frozen=True)
class Comparison:
    """From what is there to the package: how its manifest differs, path by path."""

    differences: list[manifest.Difference]
    unchanged: int


def packages_for(user: User, *, text: str = "", state: str = "") -> PackageQuerySet:
    """The packages somebody sees, the latest first."""
    rows = Package.objects.visible_to(user)
    if state:
        rows = rows.filter(state=state)
    for word in text.split():
        named = Q(component__name__icontains=word) | Q(component__code__icontains=word)
        rows = rows.filter(
            named | Q(label__icontains=word) | Q(sha256__startswith=word)
        )
    return rows.select_related("component", "author").order_by("-pk")


def package_for(user: User, pk: int) -> Package | None:
    """One package, if this person may see it."""
    rows = Package.objects.visible_to(user)
    return (
        rows.select_related(
            "component__landscape", "author", "sealed_by", "supersedes__component"
        )
        .filter(pk=pk)
        .first()
    )


def page_of_package(user: User, package: Package) -> PackagePage:
    """The page of one package, in a fixed number of queries."""
    files = list(package.files.order_by("path"))
    events = package.events.select_related("actor").order_by("-at", "-pk")[:EVENTS]
    blocks = package.blocks.filter(lifted_at__isnull=True).select_related("by", "snag")
    block = blocks.order_by("-pk").first()
    siblings = Package.objects.visible_to(user).filter(component=package.component_id)
    sealed = siblings.exclude(pk=package.pk).exclude(state="draft")
    environments = Environment.objects.visible_to(user).in_use()
    if not access_of(user).is_internal:
        environments = environments.none()
    return PackagePage(
        package=package,
        files=files,
        size=sum(row.size for row in files),
        block=block,
        may_open_snag=block is not None and _opens(user, Snag, block.snag_id),
        may_open_before=_opens(user, Package, package.supersedes_id),
        installations=list(where_installed(package)),
        changes=list(
            ChangeRequest.objects.visible_to(user)
            .filter(package=package)
            .order_by("-pk")[:20]
        ),
        environments=list(
            environments.filter(landscape=package.component.landscape_id).order_by(
                "kind", "name"
            )
        ),
        others=list(sealed.select_related("component").order_by("-pk")[:20]),
        needs=_needs(user, package),
        events=[Happened(row.actor, row.at, told(row)) for row in events],
        verbs=verbs_for(user, package, has_files=bool(files)),
    )


def _opens(user: User, model: type[Package] | type[Snag], pk: int | None) -> bool:
    """May this person open that row? Nobody asks about one that is not there."""
    return pk is not None and model.objects.visible_to(user).filter(pk=pk).exists()


def _needs(user: User, package: Package) -> list[tuple[Package, bool]]:
    needed = package.requires.select_related("component").order_by("pk")
    seen = set(package.requires.visible_to(user).values_list("pk", flat=True))
    return [(row, row.pk in seen) for row in needed]


def verbs_for(user: User, package: Package, *, has_files: bool) -> frozenset[str]:
    """The verbs the state and the person's rights leave open; services judge again."""
    fits = {
        verb: package.state in move.sources for verb, move in PACKAGE_MOVES.items()
    } | {"edit": package.is_draft, "supersede": not package.is_draft}
    fits["seal"] = fits["seal"] and has_files
    return frozenset(
        v for v, now in fits.items() if now and has_right(user, package, v)
    )


def has_right(user: User, package: Package, verb: str) -> bool:
    """Whether this person may ever do the verb to this package."""
    return {
        "edit": permissions.can_edit_package(user, package),
        "seal": permissions.can_seal(user, package),
        "block": may_block(user, package),
        "unblock": permissions.can_unblock(user, package),
        "withdraw": permissions.can_withdraw(user),
        "supersede": permissions.can_make_packages(user),
    }[verb]


def may_block(user: User, package: Package) -> bool:
    """By right, or because they tried it and say that it fails."""
    if permissions.can_block(user):
        return True
    failed = package.sign_offs.filter(tester=user, verdict=TestSignOff.Verdict.FAIL)
    return failed.filter(superseded_at__isnull=True, revoked_at__isnull=True).exists()


def where_installed(package: Package) -> QuerySet[Installation]:
    """Where the package runs now, those that serve the business first."""
    rows = Installation.objects.filter(
        component=package.component_id, sha256=package.sha256, during__upper_inf=True
    ).exclude(sha256="")
    return rows.select_related("environment").order_by(
        "-environment__is_serving", "environment__name"
    )


def components_for(user: User) -> QuerySet[Component]:
    """What one may make a package of: anything, a supplier's contact only theirs."""
    rows = Component.objects.select_related("landscape")
    access = access_of(user)
    if not access.is_internal:
        rows = rows.filter(supplier__in=access.supplier_ids)
    return rows.order_by("landscape", "name", "pk")


def entries_of(package: Package) -> list[manifest.Entry]:
    rows = package.files.order_by("pk").values_list("path", "size", "sha256")
    return [manifest.Entry(*row) for row in rows]


def comparison(before: Package, after: Package) -> Comparison:
    """How the newer package differs from the older."""
    old, new = entries_of(before), entries_of(after)
    differences = manifest.compare(old, new)
    touched = {one.path for one in differences}
    return Comparison(differences, sum(e.path not in touched for e in new))


def installed_package(
    package: Package, environment: Environment
) -> tuple[Installation | None, Package | None]:
    """What of the package's component an environment runs, and as which package.

    The package is None where the installation was found so and never came from one.
    """
    found = installed(environment).get(package.component_id)
    if found is None or not found.sha256:
        return found, None
    rows = Package.objects.filter(component=package.component_id, sha256=found.sha256)
    return found, rows.select_related("component").order_by("-pk").first()


def manifest_of(package: Package) -> str:
    return manifest.text(entries_of(package))
