"""What a promotion is planned with: the lines of its run sheet, and its digest."""

from collections.abc import Iterator, Sequence

from changes.digest import sha256_of
from changes.models import ChangeRequest, Promotion, PromotionStep
from environments.models import Environment, Installation, Occurrence
from environments.queries.pairs import role_of

Step = PromotionStep.Kind
MOST = 40
LONGEST = 200


def subject_sha256(promotion: Promotion) -> str:
    """What a vote on a promotion is for: this build, here, over what runs there now."""
    return sha256_of(
        {
            "change": promotion.change.sha256,
            "revision": promotion.change.revision,
            "environment": promotion.environment_id,
            "manifest": promotion.sha256,
            "baseline": promotion.baseline,
            "kind": promotion.kind,
            "attempt": promotion.attempt,
        }
    )


def override_sha256(change: ChangeRequest, occurrence: Occurrence, reason: str) -> str:
    """What a vote on leave during a freeze is for."""
    return sha256_of(
        {"change": change.sha256, "occurrence": occurrence.pk, "reason": reason}
    )


def retro_sha256(promotion: Promotion, reason: str) -> str:
    """What a vote after the fact is about: this build, there, for this reason."""
    return sha256_of({"promotion": subject_sha256(promotion), "reason": reason})


def baseline_of(environment: Environment) -> dict[str, int]:
    """Component id -> the installation that is there now, as rows keep it."""
    return baselines_of([environment.pk])[environment.pk]


def baselines_of(environments: Sequence[int]) -> dict[int, dict[str, int]]:
    """The same for many, by the environment's id."""
    rows = Installation.objects.filter(
        environment__in=environments, during__upper_inf=True
    ).order_by("component_id")
    found: dict[int, dict[str, int]] = {pk: {} for pk in environments}
    for place, part, pk in rows.values_list("environment_id", "component_id", "pk"):
        found[place][str(part)] = pk
    return found


def lines(text: str) -> list[str]:
    """The lines of a plan as steps: without bullets, empty ones left out."""
    bare = (
        line.strip().lstrip("-*•0123456789.) ").strip() for line in text.split("\n")
    )
    return [line[:LONGEST] for line in bare if line][:MOST]


def sheet(
    change: ChangeRequest, environment: Environment, plan: str
) -> list[tuple[str, str]]:
    """(kind, title) of every step of the run sheet, in order."""
    return list(_sheet(change, environment, plan))


def lacks_backup(environment: Environment, steps: Sequence[tuple[str, str]]) -> bool:
    """Is a backup needed there, and not the first thing of weight that is done?"""
    if not role_of(environment).needs_backup:
        return False
    decisive = (kind for kind, _ in steps if kind in {Step.BACKUP, Step.APPLY})
    return next(decisive, "") != Step.BACKUP


def _sheet(
    change: ChangeRequest, environment: Environment, plan: str
) -> Iterator[tuple[str, str]]:
    yield Step.PRECHECK, f"Check that {environment} is well and its people know"
    if role_of(environment).needs_backup:
        yield Step.BACKUP, f"Back {environment} up and note where it is"
    for line in lines(plan) or [f"Apply {change.package}"]:
        yield Step.APPLY, line
    for line in lines(change.test_plan) or ["Check that it works"]:
        yield Step.POSTCHECK, line
