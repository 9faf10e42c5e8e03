"""People come by invitation, change under somebody's name, and leave at once."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from opsdesk.accounts import links, sessions
from opsdesk.accounts.access import memberships_in_force
from opsdesk.accounts.models import ApiToken, Membership, Party, RoleRequest, User
from opsdesk.accounts.permissions import can_administer_access
from opsdesk.accounts.services.roles import keep_an_access_administrator
from opsdesk.core import clock
from opsdesk.core.errors import RuleError, require
from opsdesk.core.records import check_version, delete, save
from opsdesk.core.services.outbox import post_mail

Role = Membership.Role


@transaction.atomic
def create_person(
    *,
    email: str,
    name: str,
    job: str = "",
    department: Party | None = None,
    team: Party | None = None,
    is_service: bool = False,
    actor: User,
) -> User:
    """A new person is invited by mail to choose a password; a service account is not.

    They may do nothing until somebody gives them a role.
    """
    require(can_administer_access(actor))
    _check_places(department, team)
    person = User(
        email=_address(email),
        name=name.strip(),
        job=job,
        department=department,
        team=team,
        is_service=is_service,
    )
    person.set_unusable_password()
    save(person, actor=actor)
    if not is_service:
        _invite(person)
    return person


@transaction.atomic
def create_first_administrator(
    *, email: str, name: str, another: bool = False
) -> tuple[User, str]:
    """An empty installation gets its first access administrator from the server room.

    Returns the person and the link with which they choose their password.
    """
    holders = memberships_in_force().filter(role=Role.ACCESS_ADMINISTRATOR)
    if holders.exists() and not another:
        raise RuleError(
            "This installation already has an access administrator. Ask them for"
            " an account, or repeat with --another if none of them can sign in."
        )
    person = User.objects.filter(email=_address(email)).first()
    if person is None:
        person = User(email=_address(email), name=name.strip())
        person.set_unusable_password()
        save(person, actor=None)
    if not person.is_active or person.is_service:
        raise RuleError("This account cannot sign in; name another e-mail address.")
    Membership.objects.get_or_create(user=person, role=Role.ACCESS_ADMINISTRATOR)
    return person, links.set_password_link(person)


@transaction.atomic
def edit_person(
    person: User,
    *,
    email: str,
    name: str,
    job: str = "",
    department: Party | None = None,
    team: Party | None = None,
    version: int | None = None,
    actor: User,
) -> User:
    """Name, job and place change freely; a new address signs the person out everywhere.

    Whoever holds approval rights keeps their address: with it one access administrator
    could take the account over, and giving such rights takes two.
    """
    require(can_administer_access(actor))
    person = _locked(person)
    check_version(person, version)
    _check_places(department, team)
    former, person.email = person.email, _address(email)
    person.name, person.job = name.strip(), job
    person.department, person.team = department, team
    if person.email != former:
        _refuse_takeover(person, "address")
        _move_mailbox(person, former)
    save(person, "email", "name", "job", "department", "team", "version", actor=actor)
    return person


@transaction.atomic
def invite_again(person: User, *, actor: User) -> User:
    """A fresh link for somebody who has never signed in."""
    require(can_administer_access(actor))
    person = _locked(person)
    if not person.is_active or person.is_service:
        raise RuleError(f"{person} cannot sign in, so there is nothing to invite to.")
    if person.last_login is not None:
        raise RuleError(
            f"{person} has signed in before. “Forgotten your password?” on the"
            " sign-in page sends them a new link."
        )
    _invite(person)
    return person


@transaction.atomic
def deactivate_person(person: User, *, actor: User) -> User:
    """Somebody who leaves is out at once: no session and no token outlives this."""
    require(can_administer_access(actor))
    person = _locked(person)
    if person == actor:
        raise RuleError("Ask another access administrator to deactivate your account.")
    if not person.is_active:
        raise RuleError(f"{person} is already deactivated.")
    keep_an_access_administrator(without=person)
    person.is_active = False
    save(person, "is_active", actor=actor)
    _lock_out(person)
    _close_requests(person, actor)
    return person


@transaction.atomic
def reactivate_person(person: User, *, actor: User) -> User:
    """Somebody comes back with the roles they left with, less those of weight.

    Former tokens stay revoked.
    """
    require(can_administer_access(actor))
    person = _locked(person)
    if person.is_active:
        raise RuleError(f"{person} is not deactivated.")
    person.is_active = True
    save(person, "is_active", actor=actor)
    for membership in person.memberships.filter(role__in=Membership.FOUR_EYES):
        delete(membership, actor=actor)
    return person


@transaction.atomic
def reset_second_factor(person: User, *, actor: User) -> User:
    """Somebody who lost phone and recovery codes may enrol again; they are told."""
    require(can_administer_access(actor))
    person = _locked(person)
    if person == actor:
        raise RuleError("Ask another access administrator to reset your second factor.")
    _refuse_takeover(person, "second factor")
    found, _ = Authenticator.objects.filter(user=person).delete()
    if not found:
        raise RuleError(f"{person} has no second factor.")
    person._change_reason = "Second factor reset"  # type: ignore[attr-defined]  # noqa: SLF001
    person.version += 1
    save(person, "version", actor=actor)
    sessions.end_all(person)
    at = clock.now()
    post_mail(
        key=f"second-factor-reset/{person.pk}/{at:%Y%m%d%H%M%S}",
        to=person.email,
        subject="Your second factor was reset",
        body=f"{actor} removed the second factor of your account. You were signed out"
        " everywhere. If you did not ask for this, tell another access administrator.",
    )
    return person


@transaction.atomic
def set_password(person: User, *, password: str) -> User:
    """A new password ends the person's tokens: whoever knew the old one holds nothing.

    Other sessions end too, because each carries a hash of the password.
    """
    person = _locked(person)
    person.set_password(password)
    person._change_reason = "Password changed"  # type: ignore[attr-defined]  # noqa: SLF001
    save(person, "password", actor=person)
    _revoke_tokens(person)
    return person


def _locked(person: User) -> User:
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)


def _address(email: str) -> str:
    return User.objects.normalize_email(email.strip()).lower()


def _check_places(department: Party | None, team: Party | None) -> None:
    for party, kind in ((department, Party.Kind.DEPARTMENT), (team, Party.Kind.TEAM)):
        if party is None:
            continue
        if party.kind != kind or not party.is_active:
            raise RuleError(f"{party} is not an active {kind.label.lower()}.")


def _refuse_takeover(person: User, thing: str) -> None:
    held = person.memberships.filter(role__in=Membership.FOUR_EYES)
    if person.is_active and held.exists():
        raise RuleError(
            f"{person} holds a role that takes two people to give. End that role"
            f" first; then change the {thing}, and ask for the role again."
        )


def _invite(person: User) -> None:
    at = clock.now()
    post_mail(
        key=f"invitation/{person.pk}/{at:%Y%m%d%H%M%S}",
        to=person.email,
        subject="Your account in opsdesk",
        body=f"Hello {person.get_short_name()},\n\nan account was made for you."
        " Choose a password here, and you are in:\n\n"
        f"{links.set_password_link(person)}\n\n"
        "The link works once, for three days.",
    )


def _move_mailbox(person: User, former: str) -> None:
    EmailAddress.objects.filter(user=person).delete()
    sessions.end_all(person)
    at = clock.now()
    for number, address in enumerate((former, person.email)):
        post_mail(
            key=f"new-address/{person.pk}/{at:%Y%m%d%H%M%S}/{number}",
            to=address,
            subject="Your sign-in address was changed",
            body=f"You now sign in to opsdesk as {person.email} instead of {former}."
            " If you did not expect this, tell an access administrator.",
        )


def _lock_out(person: User) -> None:
    sessions.end_all(person)
    _revoke_tokens(person)


def _revoke_tokens(person: User) -> None:
    ApiToken.objects.filter(owner=person, revoked_at__isnull=True).update(
        revoked_at=clock.now()
    )


def _close_requests(person: User, actor: User) -> None:
    pending = RoleRequest.objects.filter(
        user=person, status=RoleRequest.Status.PENDING
    ).exclude(user=actor)
    pending.exclude(asked_by=actor).update(
        status=RoleRequest.Status.REFUSED, decided_by=actor, decided_at=clock.now()
    )
    pending.filter(asked_by=actor).update(
        status=RoleRequest.Status.WITHDRAWN, decided_by=actor, decided_at=clock.now()
    )
