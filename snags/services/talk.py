"""What people say on a snag, and the minutes they spend on it."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from opsdesk.accounts.access import Role, access_of, people_with
from opsdesk.accounts.models import Membership, User
from opsdesk.core.errors import RuleError, require
from opsdesk.core.services.outbox import Note, notify
from snags import permissions
from snags.models import Clock, Effort, Snag, SnagComment
from snags.services import clocks, files
from snags.services.answering import who_answers
from snags.services.clocks import Cause
from snags.services.rows import instant, locked, log

Audience = SnagComment.Audience


@transaction.atomic
def comment(
    snag: Snag,
    *,
    body: str,
    actor: User,
    audience: str = Audience.EVERYONE,
    files_added: Iterable[files.Upload] = (),
    at: datetime | None = None,
) -> SnagComment:
    """Say something to everyone involved, to colleagues, or to the supplier.

    A worker's first word to everyone is the response the reporter was promised;
    internal notes, the reporter's own words and the supplier's never are.
    """
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_answer(actor, snag))
    supplier_id = _check_audience(snag, audience, actor)
    uploads = files.check_uploads(files_added)
    answers = _is_response(snag, audience, actor)
    said = SnagComment.objects.create(
        snag=snag,
        author=actor,
        audience=audience,
        supplier_id=supplier_id,
        body=body,
        at=at,
        is_response=answers,
    )
    for upload in uploads:
        files.attach(snag, upload, actor=actor, comment=said)
    Snag.objects.filter(pk=snag.pk).update(
        comment_count=F("comment_count") + 1, updated_at=at
    )
    if answers:
        respond(snag, actor=actor, at=at)
    notify(_listeners(snag, said), _said(snag, said))
    return said


@transaction.atomic
def acknowledge(snag: Snag, *, actor: User, at: datetime | None = None) -> Snag:
    """Tell the reporter a person has seen it: the response clock stops."""
    snag = locked(snag)
    at = instant(snag, at)
    require(permissions.can_work_on(actor, snag))
    if not respond(snag, actor=actor, at=at):
        raise RuleError("It was answered already.", code="already_answered")
    log(snag, "acknowledged", actor=actor, at=at)
    notify(
        [snag.reported_by],
        Note(
            key=f"snag-{snag.pk}-acknowledged",
            title=f"{snag.ref}: {actor.name} has seen your report",
            body=f"{actor.name} is looking into “{snag.title}”.",
            url=snag.get_absolute_url(),
        ),
    )
    return snag


def respond(snag: Snag, *, actor: User, at: datetime) -> bool:
    """Stop the response clock; False when it no longer runs. The snag is locked."""
    return clocks.stop(snag, Cause("answered", at, actor), kinds={Clock.Kind.RESPONSE})


@transaction.atomic
def add_effort(
    snag: Snag,
    *,
    actor: User,
    minutes: int,
    kind: str,
    spent_on: date,
    note: str = "",
) -> Effort:
    """Note the time somebody spent on a snag, and on what kind of work."""
    snag = locked(snag)
    require(permissions.can_work_on(actor, snag))
    if spent_on > timezone.localdate(instant(snag, None)):
        raise RuleError("Time cannot be spent in the future.", code="bad_time")
    return Effort.objects.create(
        snag=snag,
        person=actor,
        minutes=minutes,
        kind=kind,
        spent_on=spent_on,
        note=note,
    )


def supplier_contacts(supplier_id: int | None) -> list[User]:
    """The people who speak for a supplier today."""
    if supplier_id is None:
        return []
    contacts = Membership.objects.filter(supplier_id=supplier_id).values("user_id")
    return list(people_with(Role.SUPPLIER).filter(pk__in=contacts))


def _check_audience(snag: Snag, audience: str, actor: User) -> int | None:
    """Refuse an audience the actor cannot address; the supplier it names, if any."""
    access = access_of(actor)
    if audience == Audience.INTERNAL:
        require(access.is_internal)
    if audience == Audience.SUPPLIER:
        require(access.is_internal or permissions.speaks_for_supplier(actor, snag))
        last = snag.handovers.order_by("from_at", "pk").last()
        if last is None:
            raise RuleError("No supplier is involved yet.", code="no_supplier")
        return last.supplier_id
    return None


def _is_response(snag: Snag, audience: str, actor: User) -> bool:
    return (
        audience == Audience.EVERYONE
        and not permissions.is_reporter(actor, snag)
        and permissions.can_work_on(actor, snag)
    )


def _listeners(snag: Snag, said: SnagComment) -> list[User]:
    """Everyone the comment is for, except who said it."""
    people: list[User] = [*who_answers(snag)]
    if said.audience == Audience.EVERYONE:
        people += [snag.reported_by, *supplier_contacts(snag.handed_to_id)]
    people += supplier_contacts(said.supplier_id)
    return [person for person in people if person.pk != said.author_id]


def _said(snag: Snag, said: SnagComment) -> Note:
    return Note(
        key=f"comment-{said.pk}",
        title=f"{snag.ref}: {said.author.name} wrote about “{snag.title}”",
        body=said.body[:2000],
        url=snag.get_absolute_url(),
    )
