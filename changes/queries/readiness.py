"""What a change must bring before it is submitted, and before people are asked.

Gates like those of a promotion: each says why it is not met and how to clear it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst

from changes.models import ChangeRequest, ChangeTarget
from changes.moves import PromotionState, TemplateState
from changes.queries.conflicts import Conflict, aims_of, bookings_over, conflicts_of
from changes.queries.evidence import Tested, sign_offs_short
from changes.written import LEAST, is_enough
from environments.models import Environment
from opsdesk.accounts.access import access_of
from opsdesk.accounts.models import User
from opsdesk.core.gates import Finding, Gate, Gates
from opsdesk.core.wording import listed, several

Kind = ChangeRequest.Kind
# What these say names other changes, which a supplier's contact may not know of.
ABOUT_OTHERS = frozenset({"CONFLICT", "ACCEPTED"})
NEEDED = (
    "description",
    "reason",
    "impact",
    "implementation_plan",
    "test_plan",
    "implementer",
    "earliest_start",
    "latest_end",
)


@dataclass(frozen=True)
class Proposal:
    """A change as somebody would have it agreed to now; each fact is read once."""

    change: ChangeRequest

    @cached_property
    def aims(self) -> list[ChangeTarget]:
        return aims_of(self.change)

    @cached_property
    def conflicts(self) -> list[Conflict]:
        return conflicts_of(self.change, self.aims)


ProposalGate = Gate[Proposal]


def to_submit(change: ChangeRequest) -> Gates[Proposal]:
    """What the verb of submitting asks, by the kind of change."""
    extra: dict[str, tuple[ProposalGate, ...]] = {
        Kind.STATUTORY: (law,),
        Kind.EMERGENCY: (pressing_snag, slots_bookable),
        Kind.STANDARD: (template_in_force, slots_given, no_hard_conflict),
    }
    base = (
        fields_filled,
        package_sealed,
        targets_named,
        backout_planned,
        risk_answered,
    )
    return _gates((*base, *extra.get(change.kind, ())))


def to_ask(change: ChangeRequest) -> Gates[Proposal]:
    """What asking for approval needs; an emergency asks before it is tested."""
    if change.kind == Kind.EMERGENCY:
        return _gates((*_CORE, pressing_snag, slots_bookable))
    return _gates(_TESTED)


def next_gates(case: Proposal, at: datetime) -> list[Finding]:
    """What stands between the change and its next step, as its page shows it."""
    change = case.change
    if change.state == ChangeRequest.State.DRAFT:
        return to_submit(change).evaluate(case, at)
    if change.state == ChangeRequest.State.ASSESSING:
        return to_ask(change).evaluate(case, at)
    return []


def gates_for(user: User, case: Proposal, at: datetime) -> list[Finding]:
    """The same for one reader, without what names other changes to an outsider."""
    found = next_gates(case, at)
    if access_of(user).is_internal:
        return found
    return [gate for gate in found if gate.code not in ABOUT_OTHERS]


def fields_filled(case: Proposal, _at: datetime) -> Finding:
    change = case.change
    names = [
        str(capfirst(field.verbose_name))
        for field in change._meta.fields  # noqa: SLF001
        if field.name in NEEDED and not getattr(change, field.attname)
    ]
    detail = f"Not filled in yet: {listed(names)}." if names else "Filled in."
    return Finding("FIELDS", not names, detail, "Edit the change and fill them in.")


def package_sealed(case: Proposal, _at: datetime) -> Finding:
    change = case.change
    package = change.package
    if package is None:
        return Finding(
            "PACKAGE",
            is_met=False,
            detail="It has no package, and nothing is changed without one.",
            clear="Package the files, or the document of the procedure.",
        )
    state = package.get_state_display().lower()
    return Finding(
        "PACKAGE",
        package.is_usable,
        f"{package} is {state}.",
        "Seal the package: what is tested must not change any more.",
        package.get_absolute_url(),
    )


def targets_named(case: Proposal, _at: datetime) -> Finding:
    names = [str(aim.environment) for aim in case.aims]
    detail = f"It goes to {listed(names)}." if names else "It does not say where to."
    return Finding("TARGETS", bool(names), detail, "Choose at least one environment.")


def backout_planned(case: Proposal, _at: datetime) -> Finding:
    change = case.change
    serving = any(aim.environment.is_serving for aim in case.aims)
    is_met = not serving or is_enough(change.backout_plan)
    detail = (
        "It says how to back out."
        if is_met
        else "It reaches who serves the business and does not say how to back out."
    )
    clear = f"Write the back-out plan, {LEAST} characters or more."
    return Finding("BACKOUT", is_met, detail, clear)


def risk_answered(case: Proposal, _at: datetime) -> Finding:
    change = case.change
    is_met = isinstance(change.risk_answers.get("rehearsed"), bool)
    detail = "The risk is judged." if is_met else "Was backing out rehearsed?"
    return Finding("RISK", is_met, detail, "Answer the question about the risk.")


def law(case: Proposal, _at: datetime) -> Finding:
    change = case.change
    is_met = bool(change.authority and change.legal_on)
    detail = (
        f"{change.authority}, in force from {change.legal_on:%-d %b %Y}."
        if is_met
        else "It does not say which law asks for it, and from when."
    )
    return Finding("LAW", is_met, detail, "Name the law or authority and the date.")


def pressing_snag(case: Proposal, _at: datetime) -> Finding:
    change = case.change
    snag = change.snags.open().filter(priority=1).order_by("pk").first()
    if snag is None:
        return Finding(
            "SNAG",
            is_met=False,
            detail="No open P1 snag is linked, so it is no emergency.",
            clear="Link the P1 snag it fixes, or make it a normal change.",
        )
    return Finding("SNAG", True, f"It fixes {snag}.", url=snag.get_absolute_url())  # noqa: FBT003


def template_in_force(case: Proposal, at: datetime) -> Finding:
    change = case.change
    template = change.template
    if template is None:
        return Finding("TEMPLATE", is_met=False, detail="It has no template.")
    why = _template_fault(case, at)
    detail = f"{template}: {why}" if why else f"{template} is in force."
    clear = "Make it a normal change, or have the template approved anew."
    return Finding("TEMPLATE", not why, detail, clear)


def no_hard_conflict(case: Proposal, _at: datetime) -> Finding:
    hard = [found for found in case.conflicts if found.is_hard]
    detail = " ".join(found.text for found in hard) or "Nothing is in the way."
    url = hard[0].url if hard else ""
    return Finding("CONFLICT", not hard, detail, "Choose another slot.", url)


def slots_bookable(case: Proposal, _at: datetime) -> Finding:
    """An emergency waits for nobody, but no slot is booked twice for one alone."""
    change = case.change
    over = bookings_over(change)
    detail = " ".join(found.text for found in over) or "Its slots are free."
    clear = "Choose another slot, or one that does not keep others out."
    return Finding("CONFLICT", not over, detail, clear, over[0].url if over else "")


def conflicts_accepted(case: Proposal, _at: datetime) -> Finding:
    change = case.change
    soft = [found for found in case.conflicts if not found.is_hard]
    is_met = not soft or bool(change.conflicts_accepted.strip())
    detail = " ".join(found.text for found in soft) or "Nothing to be lived with."
    return Finding(
        "ACCEPTED", is_met, detail, "Say why that is fine when asking for approval."
    )


def slots_given(case: Proposal, _at: datetime) -> Finding:
    """Where the business is served, approval is for a slot within the envelope."""
    change = case.change
    late = [str(aim.environment) for aim in case.aims if not _slot_fits(change, aim)]
    detail = f"No slot within the envelope in {listed(late)}." if late else "Slots fit."
    return Finding(
        "SLOT", not late, detail, "Edit the change: start within the envelope."
    )


def tested(case: Proposal, _at: datetime) -> Finding:
    """Brought into dev/test by a promotion that succeeded, this very digest."""
    change = case.change
    done = change.promotions.filter(
        environment__kind=Environment.Kind.DEV_TEST,
        state=PromotionState.SUCCEEDED,
        sha256=change.package.sha256 if change.package else "",
    )
    is_met = done.exists()
    detail = "It runs in dev/test." if is_met else "It has not run in dev/test yet."
    clear = "Promote the package into dev/test."
    return Finding("ROUTE", is_met, detail, clear, url=_on_page(change, "places"))


def signed_off(case: Proposal, _at: datetime) -> Finding:
    """As many people have passed the digest upstream as the paths ask for."""
    change = case.change
    short = sign_offs_short(change.package, [aim.environment for aim in case.aims])
    reasons = [_shortage(found) for found in short]
    detail = " ".join(reasons) or "Users have tested and passed it."
    clear = "Ask users to test it and sign off."
    if short and all(found.undecided and not found.failed for found in short):
        clear = "A manager reads them under Evidence, and accepts them there."
    return Finding("SIGNOFF", not short, detail, clear, _on_page(change, "evidence"))


def _on_page(change: ChangeRequest, card: str) -> str:
    """The card of its page where it is cleared."""
    return f"{change.get_absolute_url()}#{card}-t"


_CORE: tuple[ProposalGate, ...] = (
    fields_filled,
    package_sealed,
    targets_named,
    backout_planned,
    risk_answered,
)
_TESTED: tuple[ProposalGate, ...] = (
    *_CORE,
    tested,
    signed_off,
    slots_given,
    no_hard_conflict,
    conflicts_accepted,
)


def _gates(gates: Iterable[ProposalGate]) -> Gates[Proposal]:
    made: Gates[Proposal] = Gates()
    for gate in gates:
        made.register(gate.__name__, gate)
    return made


def _shortage(found: Tested) -> str:
    if found.failed:
        areas = listed([verdict.area for verdict in found.failed])
        return f"Failed in {found.environment}: {areas}."
    if found.undecided:
        areas = listed([verdict.area for verdict in found.undecided])
        return f"A manager must accept the conditions of {areas}."
    return f"{found.environment}: {several(found.missing, 'sign-off')} missing."


def _slot_fits(change: ChangeRequest, aim: ChangeTarget) -> bool:
    """A slot inside the envelope; only who serves the business must have one."""
    start, end = change.earliest_start, change.latest_end
    if aim.slot is None:
        return not aim.environment.is_serving
    return bool(start and end and start <= aim.slot.lower and aim.slot.upper <= end)


def _template_fault(case: Proposal, at: datetime) -> str:
    """Why the template does not carry this change; "" when it does.

    Who may change what serves may change what stands by for it.
    """
    change = case.change
    template = change.template
    assert template is not None
    named = template.environments.values("pk")
    covered = Environment.objects.filter(
        Q(pk__in=named) | Q(pairs_with__in=named) | Q(failovers__in=named)
    )
    allowed = set(covered.values_list("pk", flat=True))
    if template.state != TemplateState.APPROVED:
        return f"it is {template.get_state_display().lower()}."
    if template.expires_on < timezone.localdate(at):
        return f"it expired on {template.expires_on:%-d %b %Y}."
    if not {aim.environment_id for aim in case.aims} <= allowed:
        return "it does not cover all of these environments."
    if change.risk != ChangeRequest.Risk.LOW:
        return "a standard change must be of low risk."
    return ""
