"""Who is here, and where: always from what the person asking may see."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from opsdesk.accounts.access import access_of, memberships_in_force
from opsdesk.accounts.models import ApiToken, Membership, Party, RoleRequest, User
from opsdesk.accounts.permissions import SEES_PEOPLE, can_decide
from opsdesk.core import clock

HISTORY_SHOWN = 50


def people(user: User) -> QuerySet[User]:
    """The people somebody may look up: all, those of their departments, or oneself."""
    departments = access_of(user).departments(*SEES_PEOPLE)
    everybody = User.objects.all()
    if departments is None:
        return everybody.order_by("name", "pk")
    in_scope = Membership.objects.filter(
        user=OuterRef("pk"), department__in=departments
    )
    return everybody.filter(
        Q(pk=user.pk) | Q(department__in=departments) | Exists(in_scope)
    ).order_by("name", "pk")


def people_list(user: User) -> QuerySet[User]:
    """The list of people, each with place and the roles in force today."""
    roles = (
        memberships_in_force()
        .select_related("department", "supplier")
        .order_by("role", "pk")
    )
    return (
        people(user)
        .select_related("department", "team")
        .prefetch_related(Prefetch("memberships", roles, to_attr="roles_today"))
    )


def holders_of(*roles: str) -> QuerySet[Membership, int]:
    """Ids of the people who hold one of the roles (or any role) today."""
    rows = memberships_in_force()
    rows = rows.filter(role__in=roles) if roles else rows
    return rows.order_by().values_list("user_id", flat=True)


def person_page(user: User) -> QuerySet[User]:
    factor = Authenticator.objects.filter(
        user=OuterRef("pk"), type=Authenticator.Type.TOTP
    )
    return (
        people(user)
        .select_related("department", "team")
        .annotate(has_second_factor=Exists(factor))
    )


def parties(user: User) -> QuerySet[Party]:
    """The parties somebody may look up: all, or their departments and the suppliers."""
    departments = access_of(user).departments(*SEES_PEOPLE)
    rows = Party.objects.select_related("parent")
    rows = rows.order_by("-is_active", "kind", "name")
    if departments is None:
        return rows
    if not departments:
        return rows.none()
    return rows.filter(
        Q(pk__in=departments)
        | Q(parent__in=departments)
        | Q(kind__in=(Party.Kind.ORGANISATION, Party.Kind.SUPPLIER))
    )


def memberships_of(person: User) -> QuerySet[Membership]:
    """Every role of a person, also those to come and those that ran out."""
    return (
        Membership.objects.filter(user=person)
        .select_related("department", "supplier", "user")
        .order_by("role", "pk")
    )


def memberships(user: User) -> QuerySet[Membership]:
    """The roles of the people somebody may look up."""
    return (
        Membership.objects.filter(user__in=people(user).order_by())
        .select_related("user", "department", "supplier")
        .order_by("role", "pk")
    )


def role_requests(user: User) -> QuerySet[RoleRequest]:
    """Requests for roles of weight about people somebody may look up, newest first."""
    return (
        RoleRequest.objects.filter(user__in=people(user).order_by())
        .select_related("user", "department", "asked_by", "decided_by")
        .order_by("-asked_at", "-pk")
    )


@dataclass(frozen=True)
class RequestRow:
    """A request for a role, and what the person looking at it may do about it."""

    request: RoleRequest
    may_decide: bool
    may_withdraw: bool


def request_rows(user: User, requests: Iterable[RoleRequest]) -> list[RequestRow]:
    pending = RoleRequest.Status.PENDING
    return [
        RequestRow(
            request,
            may_decide=request.status == pending and can_decide(user, request),
            may_withdraw=request.status == pending and request.asked_by_id == user.pk,
        )
        for request in requests
    ]


def tokens_of(owner: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner).order_by("-created_at", "-pk")


def tokens(user: User) -> QuerySet[ApiToken]:
    """One's own tokens, and those of the people one may look up."""
    return (
        ApiToken.objects.filter(Q(owner=user) | Q(owner__in=people(user).order_by()))
        .select_related("owner")
        .order_by("-created_at", "-pk")
    )


def demo_people() -> QuerySet[User]:
    """Accounts that may be entered with one click; none outside development."""
    demo = User.objects.filter(is_demo=True, is_active=True, is_service=False)
    if not settings.DEBUG:
        demo = demo.none()
    roles = memberships_in_force().select_related("department", "supplier")
    return demo.prefetch_related(
        Prefetch("memberships", roles.order_by("pk"), to_attr="roles_today")
    ).order_by("pk")


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened to a person's account: when, by whom, in words."""

    at: datetime
    actor: User | None
    sentence: str


def history_of(person: User) -> list[HistoryLine]:
    """What was changed about a person and their roles, newest first."""
    lines = [
        *_role_lines(person),
        *_person_lines(person),
        *_token_lines(person),
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:HISTORY_SHOWN]


ROLE_VERBS = {"+": "Role given", "~": "Role changed", "-": "Role ended"}
# What changed -> what is said; texts of no consequence are not listed.
SAID: dict[str, str] = {
    "name": "Renamed to {name}",
    "email": "Address changed to {email}",
    "job": "Job title changed to {job}",
    "department_id": "Moved to another department",
    "team_id": "Moved to another team",
}


def _role_lines(person: User) -> Iterator[HistoryLine]:
    rows = (
        Membership.history.filter(user_id=person.pk)
        .select_related("history_user", "department", "supplier")
        .order_by("-history_date", "-history_id")[:HISTORY_SHOWN]
    )
    for row in rows:
        scope = row.department or row.supplier
        role = f"{row.get_role_display()}, {scope}" if scope else row.get_role_display()
        until = f", until {row.ends_on:%-d %B %Y}" if row.ends_on else ""
        verb = ROLE_VERBS[row.history_type]
        yield HistoryLine(row.history_date, row.history_user, f"{verb}: {role}{until}")


def _person_lines(person: User) -> Iterator[HistoryLine]:
    rows = list(
        User.history.filter(id=person.pk)
        .select_related("history_user")
        .order_by("-history_date", "-history_id")[: HISTORY_SHOWN + 1]
    )
    # Whoever came with the demo company or a log has no history at all.
    for row, before in zip(rows, [*rows[1:], None], strict=False):
        for sentence in _said(row, before):
            yield HistoryLine(row.history_date, row.history_user, sentence)


def _said(row: Any, before: Any) -> Sequence[str]:
    if row.history_type == "+":
        return ["Account created"]
    if row.history_change_reason:
        return [row.history_change_reason]
    if before is None:
        return []
    said = [
        sentence.format(name=row.name, email=row.email, job=row.job or "none")
        for field, sentence in SAID.items()
        if getattr(row, field) != getattr(before, field)
    ]
    if row.is_active != before.is_active:
        said.append("Reactivated" if row.is_active else "Deactivated")
    return said


def _token_lines(person: User) -> Iterator[HistoryLine]:
    for token in tokens_of(person)[:HISTORY_SHOWN]:
        yield HistoryLine(token.created_at, None, f"API token made: {token}")
        if token.revoked_at:
            yield HistoryLine(token.revoked_at, None, f"API token revoked: {token}")


@dataclass(frozen=True)
class TokenRow:
    token: ApiToken
    is_live: bool

    @property
    def scopes(self) -> list[str]:
        labels = dict(ApiToken.Scope.choices)
        return [str(labels[scope]) for scope in self.token.scopes]


def token_rows(owner: User) -> list[TokenRow]:
    """A person's tokens, newest first, each with whether it still opens anything."""
    at = clock.now()
    return [TokenRow(token, token.is_live(at)) for token in tokens_of(owner)[:100]]
