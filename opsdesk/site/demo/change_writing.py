"""Lives of changes become rows, in bulk: what the services would have left behind."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from changes.digest import sha256_of
from changes.models import (
    ChangeEvent,
    ChangeRequest,
    ChangeRevision,
    ChangeTarget,
    ChangeTemplate,
    Review,
    TestSignOff,
)
from changes.queries.substance import substance
from changes.services.revisions import ordinal_of
from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core.models import ApprovalRequest, ApprovalStep, Vote
from opsdesk.site.demo.change_lives import (
    MANDATORY,
    STATES,
    STOPPED,
    Life,
    history,
    voters,
)
from opsdesk.site.demo.places import World

UNKNOWN = "0" * 64
CLOSED = {"closed": "successful", "with_issues": "with_issues"}
LESSONS = {
    "with_issues": "Two prices were missing from the list and were added by hand.",
    "backed_out": "The new print server refused the plant's old drivers. Test on every"
    " printer first.",
    "failed": "Nobody had told the webshop that its tables would be locked. Ask for the"
    " interface to be stopped first.",
}


def write_changes(
    world: World,
    lives: list[Life],
    copies: dict[str, Environment],
    templates: dict[str, ChangeTemplate],
) -> None:
    """The changes with targets, revisions, agreement, verdicts and timelines."""
    for life in lives:
        template = templates.get(life.told.component)
        life.change = _change(world, life, template)
    ChangeRequest.objects.bulk_create(life.row for life in lives)
    _aim(lives, copies)
    _fix(lives)
    _agree(world, lives)
    TestSignOff.objects.bulk_create(
        _sign_off(life, copies["dev_test"]) for life in lives if life.told.was_tested
    )
    Review.objects.bulk_create(
        _review(life, world) for life in lives if life.told.end in LESSONS
    )
    for life in lives:
        ChangeRequest.history.bulk_history_create(
            [life.row], default_user=life.requester, default_date=life.drafted_at
        )


def write_timelines(
    world: World, lives: list[Life], more: Sequence[ChangeEvent]
) -> None:
    """Every line there is, in the order of time."""
    lines = [
        ChangeEvent(
            change=life.row,
            verb=step.verb,
            params=step.params,
            actor=step.who,
            at=step.at,
        )
        for life in lives
        for step in history(life, world)
    ]
    ChangeEvent.objects.bulk_create(sorted([*lines, *more], key=lambda line: line.at))


def _change(world: World, life: Life, template: ChangeTemplate | None) -> ChangeRequest:
    told = life.told
    is_statutory = told.kind == "statutory"
    is_over = STATES[told.end] == "closed"
    closure = CLOSED.get(told.end, told.end) if is_over else ""
    return ChangeRequest(
        landscape=world.landscape,
        kind=told.kind,
        template=template if told.kind == "standard" else None,
        state=STATES[told.end],
        title=told.title,
        package=life.package,
        requester=life.requester,
        implementer=life.implementer,
        **_words(told.component, told.label, told.area),
        reason=_reason(life),
        authority="Value Added Tax Act, Schedule 8" if is_statutory else "",
        legal_on=world.today + timedelta(days=39) if is_statutory else None,
        risk=told.risk,
        risk_calculated=told.risk,
        risk_answers={"rehearsed": True},
        outage_minutes=15 if told.component == "APP-CORE" else 0,
        earliest_start=life.ago(told.days + 0.1),
        latest_end=life.ago(told.days - 1),
        sha256=UNKNOWN,
        created_at=life.drafted_at,
        closure=closure,
        closed_at=life.ago(told.days - 2) if is_over else None,
    )


def _words(component: str, label: str, area: str) -> dict[str, str]:
    """What any change of the company says, about this component."""
    name = f"{component.lower()}-{label}"
    return {
        "description": f"Brings {component} to {label}. The package holds the script,"
        " the way back and a note.",
        "impact": f"{area} cannot work with it for a few minutes.",
        "implementation_plan": f"Tell {area} that it begins\nRun sql/{name}.sql\n"
        "Restart the application service",
        "test_plan": f"Log in as a test user of {area}\nEnter and print one document",
        "backout_plan": f"Run sql/{name}-undo.sql, restart the application service and"
        " print one document.",
        "comms_plan": f"The key user of {area}, the day before and afterwards.",
    }


def _reason(life: Life) -> str:
    if life.told.kind == "statutory":
        return "The rate changes on that day, whether we are ready or not."
    if life.told.kind == "standard":
        return f"{life.told.area} asked for it; it is done in the same way every time."
    return f"{life.told.area} loses time with it every day."


def _aim(lives: list[Life], copies: dict[str, Environment]) -> None:
    targets = []
    for life in lives:
        gone = {run.environment.kind for run in life.runs}
        for kind, place in copies.items():
            must = kind in MANDATORY
            if must or kind in gone:
                targets.append(_target(life, place, is_mandatory=must))
    ChangeTarget.objects.bulk_create(targets)
    component = ChangeRequest.components.through
    component.objects.bulk_create(
        component(changerequest=life.row, component_id=life.package.component_id)
        for life in lives
    )


def _target(life: Life, place: Environment, *, is_mandatory: bool) -> ChangeTarget:
    since = life.ago(life.told.days + 0.05)
    has_slot = life.told.was_agreed and place.is_serving
    return ChangeTarget(
        change=life.row,
        environment=place,
        ordinal=ordinal_of(place),
        is_mandatory=is_mandatory,
        minutes=40,
        slot=DateTimeTZRange(since, since + timedelta(hours=4)) if has_slot else None,
    )


def _fix(lives: list[Life]) -> None:
    """The first revision of each, under its digest."""
    revisions = []
    for life in lives:
        body = substance(life.row)
        life.row.sha256 = sha256_of(body)
        revisions.append(
            ChangeRevision(
                change=life.row,
                number=1,
                sha256=life.row.sha256,
                body=body,
                by=life.requester,
                at=life.submitted_at,
            )
        )
    ChangeRevision.objects.bulk_create(revisions)


def _agree(world: World, lives: list[Life]) -> None:
    """What was asked, and what came of it."""
    asked = [life for life in lives if life.told.kind != "standard"]
    rejected = [life for life in asked if life.told.end == "rejected"]
    agreed = [life for life in asked if life.told.was_agreed]
    for life in (*agreed, *rejected):
        life.row.approval = _request(life)
    ApprovalRequest.objects.bulk_create(
        life.row.approval for life in (*agreed, *rejected) if life.row.approval
    )
    votes, steps = [], []
    for life in (*agreed, *rejected):
        steps += [
            ApprovalStep(request=life.row.approval, asked=asked)
            for asked in ("approver_technical", "approver_business")[
                : len(voters(life, world))
            ]
        ]
    for life in agreed:
        votes += [_vote(life, person) for person in voters(life, world)]
    for life in rejected:
        why = "The handhelds are counted with on Friday. Come back after the count."
        votes.append(_vote(life, world.people["joseph"], "reject", why))
    ApprovalStep.objects.bulk_create(steps)
    Vote.objects.bulk_create(votes)
    ChangeRequest.objects.bulk_update(
        [life.row for life in lives], ["approval", "sha256"]
    )


def _request(life: Life) -> ApprovalRequest:
    is_rejected = life.told.end == "rejected"
    return ApprovalRequest(
        kind="change",
        title=str(life.row),
        url=life.row.get_absolute_url(),
        revision=1,
        sha256=life.row.sha256,
        state="rejected" if is_rejected else "granted",
        requested_by=life.requester,
        requested_at=life.asked_at,
        expires_at=life.asked_at + timedelta(days=90),
        ended_at=life.ago(life.told.days) if is_rejected else None,
    )


def _vote(
    life: Life, person: User, decision: str = "approve", comment: str = ""
) -> Vote:
    return Vote(
        request=life.row.approval,
        user=person,
        decision=decision,
        comment=comment,
        at=life.ago(life.told.days + (1.1 if decision == "approve" else 0)),
    )


def _sign_off(life: Life, place: Environment) -> TestSignOff:
    return TestSignOff(
        package=life.package,
        sha256=life.package.sha256,
        environment=place,
        change=life.row,
        area=life.told.area,
        tester=life.tester,
        verdict="pass",
        cases_run=4,
        note="Went through the usual day; nothing odd.",
        at=life.ago(life.told.tried - 0.6),
    )


def _review(life: Life, world: World) -> Review:
    return Review(
        change=life.row,
        reviewer=world.people["daniel"],
        outcome=life.told.end,
        objectives_met=life.told.end == "with_issues",
        outage_minutes=0 if life.told.end == "with_issues" else 25,
        root_cause=STOPPED if life.told.end == "failed" else "",
        lessons=LESSONS[life.told.end],
        at=life.ago(life.told.days - 1.4),
    )
