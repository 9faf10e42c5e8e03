"""Roles are given and ended by access administrators; those of weight take two."""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from opsdesk.accounts.access import memberships_in_force, people_with
from opsdesk.accounts.models import Membership, Party, RoleRequest, User
from opsdesk.accounts.moves import MOVES
from opsdesk.accounts.permissions import can_administer_access, can_decide
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import delete, save
from opsdesk.core.services.outbox import Note, notify

Role = Membership.Role
Status = RoleRequest.Status

APPROVERS = (Role.APPROVER_TECHNICAL, Role.APPROVER_BUSINESS)
EVERYWHERE = (Role.ACCESS_ADMINISTRATOR, Role.AUDITOR)


@transaction.atomic
def grant_role(
    person: User,
    *,
    role: str,
    department: Party | None = None,
    supplier: Party | None = None,
    emergency_approver: bool = False,
    starts_on: date | None = None,
    ends_on: date | None = None,
    reason: str = "",
    actor: User,
) -> Membership | RoleRequest:
    """Give a role, or ask a second access administrator to, where it has weight.

    While nobody but the actor is an access administrator there is no second person:
    the role is then given at once and the request kept as given by one person.
    """
    require(can_administer_access(actor))
    person = _locked_person(person)
    wanted = Membership(
        user=person,
        role=role,
        department=department,
        supplier=supplier,
        emergency_approver=emergency_approver,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    require(
        person != actor,
        "You cannot change your own roles; ask another access administrator.",
    )
    _check(wanted)
    if role not in Membership.FOUR_EYES:
        return _give(wanted, actor)
    return _ask(wanted, reason.strip(), actor)


@transaction.atomic
def confirm_role(request: RoleRequest, *, actor: User) -> Membership:
    """The second pair of eyes gives the role that somebody else asked for."""
    request = _decided(request, "confirm", actor)
    if not can_administer_access(request.asked_by):
        raise RuleError(
            f"{request.asked_by} no longer looks after access. Ask for the role anew."
        )
    wanted = _wanted(request)
    _check(wanted)
    return _give(wanted, actor)


@transaction.atomic
def refuse_role(request: RoleRequest, *, actor: User) -> RoleRequest:
    """The second pair of eyes says no; whoever asked is told."""
    request = _decided(request, "refuse", actor)
    notify(
        [request.asked_by],
        Note(
            key=f"role-request-refused/{request.pk}",
            title=f"{actor} refused: {request}",
            url=reverse("accounts:role_requests"),
        ),
    )
    return request


@transaction.atomic
def withdraw_role(request: RoleRequest, *, actor: User) -> RoleRequest:
    """Whoever asked may take it back until somebody has decided."""
    return _decided(request, "withdraw", actor)


@transaction.atomic
def end_role(
    membership: Membership, *, ends_on: date | None = None, actor: User
) -> Membership | None:
    """End a role at once, or on a day to come; somebody must keep looking after access.

    An ended row goes (its history stays), so that the role can be given again.
    """
    require(can_administer_access(actor))
    person = _locked_person(membership.user)
    if membership.role == Role.ACCESS_ADMINISTRATOR:
        keep_an_access_administrator(without=person)
    row = (
        Membership.objects.select_for_update(of=("self",))
        .filter(pk=membership.pk)
        .first()
    )
    if row is None:
        raise RuleError("This role has already been ended.")
    if ends_on is None or ends_on < clock.today():
        delete(row, actor=actor)
        return None
    row.ends_on = ends_on
    save(row, "ends_on", actor=actor)
    return row


def keep_an_access_administrator(*, without: User) -> None:
    """Refuse what would leave nobody to look after access.

    Locks every access administrator's row, in one order: two of them removing each
    other at the same moment take turns, and the second is refused.
    """
    rows = Membership.objects.filter(role=Role.ACCESS_ADMINISTRATOR)
    list(rows.select_for_update(of=("self",)).order_by("pk"))
    lasting = _access_administrators().filter(ends_on__isnull=True)
    holds = memberships_in_force().filter(user=without, role=Role.ACCESS_ADMINISTRATOR)
    if holds.exists() and not lasting.exclude(user=without).exists():
        raise RuleError(
            f"{without} is the last access administrator. Give the role to somebody"
            " else first, without an end date."
        )


def _access_administrators() -> QuerySet[Membership]:
    return memberships_in_force().filter(
        role=Role.ACCESS_ADMINISTRATOR, department__isnull=True
    )


def _locked_person(person: User) -> User:
    # "No key": history rows of the person's own acts may be written meanwhile.
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)


def _check(wanted: Membership) -> None:
    _check_scope(wanted)
    _check_person(wanted)
    if wanted.emergency_approver and wanted.role not in APPROVERS:
        raise RuleError("Only an approver can be an emergency approver.")
    if wanted.ends_on and wanted.ends_on < clock.today():
        raise RuleError("The last day of the role is already over.")
    held = _same_scope(wanted).filter(user=wanted.user).first()
    if held and (held.ends_on is None or held.ends_on >= clock.today()):
        raise RuleError(f"{wanted.user} already holds this role there.")


def _check_person(wanted: Membership) -> None:
    person = wanted.user
    if not person.is_active:
        raise RuleError(f"{person} is deactivated; reactivate the account first.")
    if person.is_service and wanted.role in Membership.POWERFUL:
        raise RuleError("A service account can never manage, approve or administer.")
    others = memberships_in_force().filter(user=person)
    outside = wanted.role == Role.SUPPLIER
    mixed = (
        others.exclude(role=Role.SUPPLIER)
        if outside
        else others.filter(role=Role.SUPPLIER)
    )
    if mixed.exists():
        raise RuleError(
            "Somebody who works for a supplier cannot hold a role inside the"
            " organisation as well. End the other role first."
        )


def _check_scope(wanted: Membership) -> None:
    supplier, department = wanted.supplier, wanted.department
    if (wanted.role == Role.SUPPLIER) != (supplier is not None):
        raise RuleError("Name the supplier for a supplier contact, and only for one.")
    if supplier and not (supplier.is_supplier and supplier.is_active):
        raise RuleError(f"{supplier} is not an active supplier.")
    if department is None:
        return
    if wanted.role in {*EVERYWHERE, Role.SUPPLIER}:
        raise RuleError("This role is not limited to a department; leave it empty.")
    if department.kind != Party.Kind.DEPARTMENT or not department.is_active:
        raise RuleError(f"{department} is not an active department.")


def _same_scope(wanted: Membership) -> QuerySet[Membership]:
    return Membership.objects.filter(
        role=wanted.role, department=wanted.department, supplier=wanted.supplier
    )


def _give(wanted: Membership, actor: User) -> Membership:
    former = _same_scope(wanted).filter(user=wanted.user).first()
    if former is None:
        save(wanted, actor=actor)
    else:  # it ran out earlier, and runs again
        former.starts_on, former.ends_on = wanted.starts_on, wanted.ends_on
        former.emergency_approver = wanted.emergency_approver
        save(former, "starts_on", "ends_on", "emergency_approver", actor=actor)
        wanted = former
    notify(
        [wanted.user],
        Note(
            key=f"role/{wanted.pk}/{clock.now():%Y%m%d%H%M%S}",
            title=f"You were given a role: {wanted}",
            url=reverse("accounts:profile"),
        ),
    )
    return wanted


def _ask(wanted: Membership, reason: str, actor: User) -> Membership | RoleRequest:
    if not reason:
        raise RuleError("Say why: somebody else has to confirm this role.")
    others = people_with(Role.ACCESS_ADMINISTRATOR).filter(
        pk__in=_access_administrators().values("user_id")
    )
    seconds = list(others.exclude(pk=actor.pk))
    request = RoleRequest(
        user=wanted.user,
        role=wanted.role,
        department=wanted.department,
        emergency_approver=wanted.emergency_approver,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        reason=reason,
        asked_by=actor,
        asked_at=clock.now(),
    )
    if not seconds:
        request.status, request.decided_at = Status.ALONE, request.asked_at
        save(request, actor=actor)
        return _give(wanted, actor)
    seconds = [second for second in seconds if second != wanted.user]
    if not seconds:
        raise RuleError(
            f"Nobody but {wanted.user} could confirm this, and it is their own role."
            " Make somebody else an access administrator first."
        )
    save(request, actor=actor)
    notify(
        seconds,
        Note(
            key=f"role-request/{request.pk}",
            title=f"Confirm a role: {request}",
            body=f"{actor} asks: {reason}",
            url=reverse("accounts:role_requests"),
        ),
    )
    return request


def _decided(request: RoleRequest, verb: str, actor: User) -> RoleRequest:
    source, target, _who = MOVES[verb]
    request = RoleRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if verb == "withdraw":
        require(request.asked_by == actor, "Only whoever asked can withdraw this.")
    else:
        require(
            can_decide(actor, request),
            "A second access administrator decides this: neither the one who asked"
            " nor the one who gets the role.",
        )
    if request.status != source:
        raise RuleError("This request has already been decided.")
    request.status, request.decided_by = target, actor
    request.decided_at = clock.now()
    save(request, "status", "decided_by", "decided_at", actor=actor)
    return request


def _wanted(request: RoleRequest) -> Membership:
    return Membership(
        user=_locked_person(request.user),
        role=request.role,
        department=request.department,
        emergency_approver=request.emergency_approver,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
    )
