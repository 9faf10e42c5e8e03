"""The demo's past promotions: leases, run sheets, approvals, and lines that tell it."""

from datetime import datetime, timedelta

from changes.models import ChangeEvent, Promotion, PromotionStep
from changes.queries.scheduling import sheet, subject_sha256
from environments.models import Lease
from opsdesk.core.models import ApprovalRequest, ApprovalStep, Vote
from opsdesk.site.demo.change_installs import install
from opsdesk.site.demo.change_lives import STOPPED, Life, Run
from opsdesk.site.demo.places import World

# What the altered package of the demo would have had.
ALTERED = "5b1c9e0a" * 8


def write_promotions(world: World, lives: list[Life]) -> list[ChangeEvent]:
    """All of them with what they installed; comes back with their timeline's lines."""
    install(lives)
    pairs = [(life, run) for life in lives for run in life.runs]
    targets = {
        (aim.change_id, aim.environment_id): aim
        for life in lives
        for aim in life.row.targets.all()
    }
    leases = [_lease(life, run) for life, run in pairs]
    Lease.objects.bulk_create(leases)
    for (life, run), lease in zip(pairs, leases, strict=True):
        run.row = _promotion(life, run, lease)
        run.row.target = targets[life.row.pk, run.environment.pk]
    first = [run.row for _life, run in pairs if run.undoes is None and run.row]
    Promotion.objects.bulk_create(first)
    undoing = [run.row for _life, run in pairs if run.undoes is not None and run.row]
    Promotion.objects.bulk_create(undoing)
    PromotionStep.objects.bulk_create(
        step for life, run in pairs for step in _steps(life, run)
    )
    _approve(world, pairs)
    return [line for life, run in pairs for line in _lines(life, run)]


def _lease(life: Life, run: Run) -> Lease:
    return Lease(
        environment=run.environment,
        kind="rollback" if run.undoes else "promotion",
        label=f"{life.row.ref}: {life.told.component} {life.told.label}",
        url=life.row.get_absolute_url(),
        holder=run.by,
        started_at=run.at,
        expected_end_at=run.at + timedelta(minutes=40),
        ended_at=run.ended_at,
    )


def _promotion(life: Life, run: Run, lease: Lease) -> Promotion:
    """A roll-back's digest and package are what it takes away and what comes back."""
    was_altered, installed = life.told.end == "mismatch", run.installation
    has_failed = run.state == "failed"
    return Promotion(
        change=life.row,
        environment=run.environment,
        package=life.package,
        kind=run.kind,
        revision=1,
        state=run.state,
        lease=lease,
        sha256=life.package.sha256,
        reported_sha256=installed.sha256
        if installed
        else ALTERED * (has_failed and was_altered),
        outcome="DIGEST_MISMATCH" if has_failed and was_altered else "",
        note=_why(life) if has_failed else "",
        undoes=run.undoes.row if run.undoes else None,
        back_to=run.back_to,
        installation=installed,
        created_at=run.planned_at,
        created_by=run.by,
        started_at=run.at,
        started_by=run.by,
        finished_at=run.ended_at,
    )


def _why(life: Life) -> str:
    if life.told.end != "mismatch":
        return STOPPED
    return (
        f"Installed is {ALTERED[:12]}…, approved was"
        f" {life.package.sha256[:12]}…: this is not what was tested."
    )


def _steps(life: Life, run: Run) -> list[PromotionStep]:
    change, plan = life.row, life.row.implementation_plan
    if run.undoes:
        plan = change.backout_plan
    found = []
    for number, (kind, title) in enumerate(sheet(change, run.environment, plan), 1):
        is_done = run.state != "failed" or kind != "postcheck"
        done_at = run.at + timedelta(minutes=4 * number)
        found.append(
            PromotionStep(
                promotion=run.row,
                ordinal=number,
                kind=kind,
                title=title,
                done_at=done_at if is_done else None,
                done_by=run.by if is_done else None,
                evidence="backup/nightly, checked" if kind == "backup" else "",
            )
        )
    return found


def _approve(world: World, pairs: list[tuple[Life, Run]]) -> None:
    """Where people work, an administrator had agreed; the start has used it up."""
    asked = [
        (life, run.row)
        for life, run in pairs
        if run.row and run.kind == "deploy" and run.environment.is_serving
    ]
    for life, row in asked:
        assert row.started_at is not None
        row.approval = ApprovalRequest(
            kind="promotion",
            title=f"{life.row.ref}: {row}",
            url=row.get_absolute_url(),
            revision=1,
            sha256=subject_sha256(row),
            state="consumed",
            requested_by=life.implementer,
            requested_at=row.created_at,
            expires_at=row.created_at + timedelta(days=30),
            ended_at=row.started_at,
            consumed_by=life.implementer,
        )
    requests = [row.approval for _life, row in asked if row.approval]
    ApprovalRequest.objects.bulk_create(requests)
    ApprovalStep.objects.bulk_create(
        ApprovalStep(request=request, asked="administrator") for request in requests
    )
    Vote.objects.bulk_create(
        Vote(
            request=row.approval,
            user=world.people["kerstin"],
            decision="approve",
            at=row.created_at + timedelta(hours=6),
        )
        for _life, row in asked
    )
    Promotion.objects.bulk_update([row for _life, row in asked], ["approval"])


def _lines(life: Life, run: Run) -> list[ChangeEvent]:
    planned = "rolling_back" if run.undoes else "scheduled"
    ends = "failed" if run.state == "failed" else "succeeded"
    return [
        _line(life, run, planned, run.planned_at),
        _line(life, run, "started", run.at),
        _line(life, run, ends, run.ended_at),
    ]


def _line(life: Life, run: Run, verb: str, at: datetime) -> ChangeEvent:
    assert run.row is not None
    return ChangeEvent(
        change=life.row,
        verb=verb,
        actor=run.by,
        at=at,
        params={
            "promotion": run.row.pk,
            "environment": run.environment.name,
            "package": f"{life.told.component} {life.told.label}",
            "kind": run.kind,
            "outcome": run.row.outcome,
            "note": run.row.note if verb in {"failed", "succeeded"} else "",
        },
    )
