"""Gates about what is promoted: sealed, the same bytes, tested, run long enough."""

from datetime import datetime, timedelta

from changes.gates.case import Case
from changes.models import Package
from changes.queries.evidence import (
    Tested,
    backout_until,
    longest_stay,
    tested,
)
from changes.written import LEAST, is_enough
from environments.models import Environment
from environments.queries.installed import installed
from environments.queries.pairs import leader
from opsdesk.core.gates import Finding


def package(case: Case, _at: datetime) -> Finding:
    """Sealed, and neither blocked nor withdrawn."""
    found = case.promotion.package
    if case.is_rollback:
        return Finding("PACKAGE", is_met=True, detail="It ran there before.")
    if found.is_usable:
        return Finding("PACKAGE", is_met=True, detail=f"{found} is sealed.")
    return Finding(
        "PACKAGE",
        is_met=False,
        detail=f"{found} is {found.get_state_display().lower()}.",
        clear="Seal it, or have its block lifted by a manager.",
        url=found.get_absolute_url(),
    )


def digest(case: Case, _at: datetime) -> Finding:
    """The bytes approved, tested and promoted are the same, of the live revision."""
    promotion = case.promotion
    if case.is_rollback:
        back_to = promotion.back_to or f"nothing: {promotion.package} is taken out"
        detail = f"Back to {back_to}."
        return Finding("DIGEST", is_met=True, detail=detail)
    is_same = promotion.sha256 == promotion.package.sha256
    is_ours = promotion.change.package_id == promotion.package_id
    is_now = case.is_resync or promotion.revision == promotion.change.revision
    if is_same and is_ours and is_now:
        detail = f"Digest {promotion.sha256[:12]}… throughout."
        return Finding("DIGEST", is_met=True, detail=detail)
    return Finding(
        "DIGEST",
        is_met=False,
        detail="The change was altered since this promotion was scheduled."
        if is_same and is_ours
        else "This is not the package the change was approved with.",
        clear="Cancel it and schedule the change as it is now.",
        url=promotion.get_absolute_url(),
    )


def route(case: Case, _at: datetime) -> Finding:
    """It ran in every environment before; failover follows production."""
    ahead = _ahead_of_production(case)
    if ahead is not None:
        return ahead
    if case.follows:
        return Finding("ROUTE", is_met=True, detail="It follows production.")
    if case.environment.is_serving and not case.paths:
        return _no_way(case.environment)
    skipped = [
        path.upstream for path in case.paths if not case.upstream[path.upstream_id]
    ]
    if not skipped:
        return Finding("ROUTE", is_met=True, detail="It came the whole way.")
    names = ", ".join(str(environment) for environment in skipped)
    return Finding(
        "ROUTE",
        is_met=False,
        detail=f"This package was never in {names}.",
        clear=f"Promote it to {names} first.",
        is_waivable=True,
    )


def signed_off(case: Case, _at: datetime) -> Finding:
    """Enough people of the business passed these bytes, and nobody failed them."""
    if case.follows:
        return Finding("SIGNOFF", is_met=True, detail="It was tested before.")
    for path in case.paths:
        found = tested(path.upstream, case.promotion.package, path.sign_offs)
        if path.sign_offs and not found.is_enough:
            return Finding(
                "SIGNOFF",
                is_met=False,
                detail=_untested(found),
                clear="Have it tested and signed off by people of the business.",
                url=case.promotion.change.get_absolute_url(),
                is_waivable=True,
            )
    return Finding("SIGNOFF", is_met=True, detail="Passed by those asked.")


def soaked(case: Case, at: datetime) -> Finding:
    """It ran upstream without a break for as long as its path asks."""
    if case.follows:
        return Finding("SOAK", is_met=True, detail="It ran before.")
    for path in case.paths:
        needed = timedelta(hours=path.soak_hours)
        ran = longest_stay(case.upstream[path.upstream_id], at)
        if ran < needed:
            until = _ready(case, path.upstream_id, needed)
            return Finding(
                "SOAK",
                is_met=False,
                detail=f"It must run in {path.upstream} for {path.soak_hours} h;"
                f" {_hours(until - at if until else needed)} to go.",
                clear="Wait, or take it back into the environment before.",
                until=until,
                is_waivable=True,
            )
    return Finding("SOAK", is_met=True, detail="It ran long enough before.")


def depends(case: Case, _at: datetime) -> Finding:
    """What the package requires is installed there."""
    required = case.promotion.package.requires.select_related("component")
    lacking = [
        str(each)
        for each in required.order_by("pk")
        if not _has(case, each) and not case.is_rollback
    ]
    if not lacking:
        return Finding("DEPENDS", is_met=True, detail="All it requires is there.")
    names = ", ".join(lacking)
    return Finding(
        "DEPENDS",
        is_met=False,
        detail=f"It requires {names}, not installed in {case.environment}.",
        clear=f"Promote {names} first.",
    )


def baseline(case: Case, _at: datetime) -> Finding:
    """What runs there is what ran there when its approval was asked for."""
    now = {str(pk): row.pk for pk, row in case.installed.items()}
    if now == case.promotion.baseline or not case.approvals_needed:
        detail = "Nothing was installed there since."
        return Finding("BASELINE", is_met=True, detail=detail)
    return Finding(
        "BASELINE",
        is_met=False,
        detail=f"{case.environment} has changed since this was approved.",
        clear="An administrator looks at it and confirms it again.",
        url=case.promotion.get_absolute_url(),
    )


def backout(case: Case, at: datetime) -> Finding:
    """There is a way back where people work; an approved one is open for a time."""
    if case.is_rollback:
        return _way_back(case, at)
    plan = case.promotion.change.backout_plan
    if not case.environment.may_serve or is_enough(plan):
        return Finding("BACKOUT", is_met=True, detail="There is a plan to go back.")
    return Finding(
        "BACKOUT",
        is_met=False,
        detail="The change has no back-out plan.",
        clear=f"Write one of {LEAST} characters or more and have it approved.",
        url=case.promotion.change.get_absolute_url(),
    )


def _way_back(case: Case, at: datetime) -> Finding:
    until = backout_until(case.promotion)
    if until is None or at < until:
        detail = "The approved back-out plan allows it."
        return Finding("BACKOUT", is_met=True, detail=detail)
    return Finding(
        "BACKOUT",
        is_met=False,
        detail=f"The approved back-out plan held until {until:%d %b %Y, %H:%M} UTC;"
        " from then on going back is a new change.",
        clear="Raise a new change.",
    )


def _no_way(environment: Environment) -> Finding:
    return Finding(
        "ROUTE",
        is_met=False,
        detail=f"No path leads into {environment}.",
        clear="An administrator says which environment comes before it.",
        url=environment.get_absolute_url(),
        is_waivable=True,
    )


def _ahead_of_production(case: Case) -> Finding | None:
    environment, package = case.environment, case.promotion.package
    production = _followed(case)
    if production is None:
        return None
    runs = installed(production).get(package.component_id)
    if runs is not None and runs.sha256 == case.promotion.sha256:
        return None
    return Finding(
        "ROUTE",
        is_met=False,
        detail=f"{environment} never runs ahead of {production}.",
        clear=f"Promote it to {production} first.",
        is_waivable=True,
    )


def _followed(case: Case) -> Environment | None:
    """What must run it first: who serves for a standby, and for every resync."""
    environment = case.environment
    if case.is_rollback or environment.is_serving:
        return None
    if environment.may_serve or not case.is_resync:
        return leader(environment)
    leads = Environment.objects.serving().filter(landscape=environment.landscape_id)
    return leads.order_by("pk").first()


def _untested(found: Tested) -> str:
    if found.failed:
        areas = ", ".join(row.area for row in found.failed)
        return f"It failed the test of {areas} in {found.environment}."
    if found.undecided:
        areas = ", ".join(row.area for row in found.undecided)
        return f"{areas} passed with conditions no manager has accepted."
    return f"{found.missing} more must pass it in {found.environment}."


def _has(case: Case, package: Package) -> bool:
    runs = case.installed.get(package.component_id)
    return runs is not None and runs.sha256 == package.sha256


def _ready(case: Case, upstream: int, needed: timedelta) -> datetime | None:
    """When the stay that still goes on will have been long enough."""
    running = [s for s in case.upstream[upstream] if s.during.upper is None]
    return running[-1].during.lower + needed if running else None


def _hours(left: timedelta) -> str:
    minutes = -(-int(left.total_seconds()) // 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
