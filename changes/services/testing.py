"""People of the business try a package where it runs, and say what they found."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.core.files import File
from django.db import transaction

from changes import permissions
from changes.models import ChangeRequest, Package, Promotion, TestSignOff, UserTest
from changes.moves import ENDED
from changes.queries.owed import runs
from changes.queries.separation import put_together
from changes.queries.testing import answered_before
from changes.services import packages, rows
from environments.models import Environment
from opsdesk.accounts.models import User
from opsdesk.core import clock
from opsdesk.core.errors import NotAllowedError, RuleError, require
from opsdesk.core.services import duties
from opsdesk.core.services.approvals import SeparationError
from opsdesk.core.services.outbox import Note, notify, notify_all
from snags.services.files import Upload, check_uploads, clean_name

Verdict = TestSignOff.Verdict
MADE_IT = "put this package together, so somebody else tests it."
LEAST_TIME = timedelta(days=1)


@transaction.atomic
def assign_test(
    change: ChangeRequest,
    *,
    actor: User,
    environment: Environment,
    area: str,
    assigned_to: User,
    due_at: datetime,
    script: str = "",
) -> UserTest:
    """Ask somebody to try it there by a time, once more if they have answered, but
    nobody who made the package."""
    change = rows.locked(change)
    require(permissions.can_prepare(actor))
    _check_package(change)
    assert change.package is not None
    if _made(assigned_to, change.package):
        raise RuleError(f"{assigned_to} {MADE_IT}", code="sod")
    test, is_new = UserTest.objects.select_related("duty").get_or_create(
        change=change, environment=environment, area=area, assigned_to=assigned_to
    )
    if not is_new and test.is_open:
        raise RuleError(f"{assigned_to} is asked for that already.", code="asked")
    test.script = script
    _owe(test, due_at)
    _log_asked(test, "test_asked" if is_new else "test_asked_again", actor)
    notify({assigned_to} - {actor}, _ready(test) if _is_there(test) else _asked(test))
    return test


@transaction.atomic(savepoint=False)
def ask_again(change: ChangeRequest, *, actor: User) -> None:
    """The change brings another package now: who has tried the one before is asked to
    try this, in as much time. Told, like anybody, once it is there."""
    if change.package is None:
        return
    for test in answered_before(change, change.package):
        assert test.duty is not None
        had = max(test.duty.due_at - test.duty.created_at, LEAST_TIME)
        _owe(test, clock.now() + had)
        _log_asked(test, "test_asked_again", actor)
        if _is_there(test):
            notify([test.assigned_to], _ready(test))


@transaction.atomic(savepoint=False)
def call_testers(promotion: Promotion) -> None:
    """What people are asked to try has arrived: each is told, once for these bytes."""
    waiting = UserTest.objects.filter(
        environment=promotion.environment,
        change__package__sha256=promotion.brings_sha256,
        duty__done_at__isnull=True,
    ).exclude(change__package__sha256="")
    rows = waiting.exclude(change__state__in=ENDED).select_related(
        "assigned_to", "change__package", "environment"
    )
    notify_all(([test.assigned_to], _ready(test)) for test in rows.order_by("pk"))


@transaction.atomic(savepoint=False)
def drop_tests(change: ChangeRequest) -> None:
    """The change is over: nobody is to try it any more."""
    for test in change.tests.select_related("duty").order_by("pk"):
        if test.duty is not None:
            duties.drop(test.duty)


@transaction.atomic
def sign_off(
    change: ChangeRequest,
    *,
    actor: User,
    environment: Environment,
    area: str,
    verdict: str,
    conditions: str = "",
    cases_run: int = 0,
    cases_failed: int = 0,
    note: str = "",
    evidence: "Upload | None" = None,
    blocks: bool = False,
) -> TestSignOff:
    """One person's verdict on what runs there now; it replaces the one before of this
    business area. Whoever put the package together gives none. Who fails it may block
    it in the same breath, for what was seen."""
    change = rows.locked(change)
    _check_package(change)
    package = change.package
    assert package is not None
    if _made(actor, package):
        raise SeparationError(f"{actor} {MADE_IT}")
    require(permissions.can_test(actor), "Somebody of the business tests it.")
    packages.locked(package)
    if runs(environment, package.component_id) != package.sha256:
        raise RuleError(
            f"{package} does not run in {environment} now.", code="not_installed"
        )
    at = clock.now()
    live = TestSignOff.objects.filter(
        package=package,
        environment=environment,
        area=area,
        superseded_at__isnull=True,
        revoked_at__isnull=True,
    )
    live.update(superseded_at=at)
    said = TestSignOff.objects.create(
        package=package,
        sha256=package.sha256,
        environment=environment,
        change=change,
        area=area,
        tester=actor,
        verdict=verdict,
        conditions=conditions,
        cases_run=cases_run,
        cases_failed=cases_failed,
        note=note,
        at=at,
        **_kept(evidence),
    )
    _tested(said, actor)
    if blocks:
        reason = f"{area} fails in {environment}: {note}"
        packages.block(package, actor=actor, reason=reason[:300])
    return said


@transaction.atomic
def accept_conditions(said: TestSignOff, *, actor: User) -> TestSignOff:
    """A manager's word that what was found under conditions is good enough."""
    said = _locked(said)
    require(permissions.can_manage(actor))
    if said.verdict != Verdict.CONDITIONAL or said.conditions_accepted_by_id:
        raise RuleError("There are no conditions to accept.", code="not_now")
    if _made(actor, said.package):
        raise SeparationError(f"{actor} {MADE_IT}")
    said.conditions_accepted_by = actor
    said.save(update_fields=["conditions_accepted_by"])
    _log(said, "conditions_accepted", actor)
    return said


@transaction.atomic
def revoke(said: TestSignOff, *, actor: User, reason: str) -> TestSignOff:
    """Take a verdict back: who gave it, or a manager."""
    said = _locked(said)
    if actor.pk != said.tester_id and not permissions.can_manage(actor):
        raise NotAllowedError("Whoever gave a verdict takes it back, or a manager.")
    if not reason.strip():
        raise RuleError("Say why it is taken back.", code="reason_missing")
    said.revoked_at, said.revoke_reason = clock.now(), reason
    said.save(update_fields=["revoked_at", "revoke_reason"])
    _log(said, "sign_off_revoked", actor, note=reason)
    return said


def _owe(test: UserTest, due_at: datetime) -> None:
    test.duty = duties.owe(
        kind="change_test",
        title=f"Test {test.area} in {test.environment}: {test.change}"[:200],
        url=test.get_absolute_url(),
        owner=test.assigned_to,
        due_at=due_at,
    )
    test.save(update_fields=["script", "duty"])


def _is_there(test: UserTest) -> bool:
    package = test.change.package
    there = runs(test.environment, package.component_id) if package else ""
    return package is not None and there == package.sha256 != ""


def _log_asked(test: UserTest, verb: str, actor: User) -> None:
    at, person = clock.now(), test.assigned_to.name
    rows.log(test.change, verb, actor=actor, at=at, area=test.area, person=person)


def _asked(test: UserTest) -> Note:
    return Note(
        key=f"user-test-{test.pk}",
        title=f"You will be asked to test {test.area}: {test.change.title}"[:200],
        body=f"You are told once it is in {test.environment}.\n\n{test.script}".strip(),
        url=test.get_absolute_url(),
    )


def _ready(test: UserTest) -> Note:
    """The same bytes are announced to the same person once, however they came."""
    package = test.change.package
    assert package is not None
    return Note(
        key=f"user-test-{test.pk}-{package.sha256[:12]}",
        title=f"Please test {test.area}: {test.change.title}"[:200],
        body=f"{package} is in {test.environment} now.\n\n{test.script}".strip(),
        url=test.get_absolute_url(),
    )


def _kept(evidence: "Upload | None") -> dict[str, Any]:
    """Stored as other files are: under a random name, the original name only text."""
    if evidence is None:
        return {}
    check_uploads([evidence])
    stored = uuid.uuid4().hex
    return {
        "evidence": File(evidence, f"{stored[:2]}/{stored}"),
        "evidence_name": clean_name(evidence.name),
    }


def _made(person: User, package: Package) -> bool:
    return put_together(package).filter(pk=person.pk).exists()


def _check_package(change: ChangeRequest) -> None:
    if change.package is None or not change.package.sha256:
        raise RuleError("Only a sealed package is tested.", code="not_sealed")


def _locked(said: TestSignOff) -> TestSignOff:
    """The verdict as it is now, its change first; one that is over stays so."""
    rows.locked(said.change)
    held = TestSignOff.objects.select_for_update(of=("self",)).select_related("package")
    said = held.get(pk=said.pk)
    if said.superseded_at or said.revoked_at:
        raise RuleError("This verdict does not count any more.", code="not_now")
    return said


def _tested(said: TestSignOff, actor: User) -> None:
    """Written down, no longer owed, and told where it went wrong."""
    change = said.change
    _log(said, "signed_off", actor, verdict=said.verdict, note=said.note)
    mine = UserTest.objects.filter(
        change=change, environment=said.environment, area=said.area, assigned_to=actor
    )
    for test in mine.select_related("duty").order_by("pk"):
        if test.duty is not None and test.duty.done_at is None:
            duties.settle(test.duty, actor=actor)
    if said.verdict != Verdict.PASS:
        note = Note(
            key=f"sign-off-{said.pk}",
            title=f"{said.get_verdict_display()}: {said.area}, {change}"[:200],
            body=said.conditions or said.note,
            url=change.get_absolute_url(),
        )
        people = rows.involved(change, said.package.author_id)
        notify(people.exclude(pk=actor.pk), note)


def _log(said: TestSignOff, verb: str, actor: User, **params: Any) -> None:
    at = clock.now()
    place = said.environment.name
    rows.log(
        said.change,
        verb,
        actor=actor,
        at=at,
        area=said.area,
        environment=place,
        **params,
    )
