"""Licences and certificates end; somebody owes their renewal thirty days before."""

from datetime import date, datetime, time, timedelta
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from django.db import transaction

from environments.models import Environment, Landscape, Licence, TlsCertificate
from environments.services.rows import describe, keep, locked, locked_landscape, log
from opsdesk.accounts.models import Party, User
from opsdesk.core import clock
from opsdesk.core.fields import EARLIEST
from opsdesk.core.models import Duty
from opsdesk.core.records import save
from opsdesk.core.services import duties

NOTICE = timedelta(days=30)
MORNING = time(9)


class LicenceFacts(TypedDict, total=False):
    """What may be said about a licence."""

    name: str
    supplier: Party | None
    seats: int | None
    ends_on: date | None
    note: str


class CertificateFacts(TypedDict, total=False):
    """What may be said about a certificate."""

    host: str
    issuer: str
    ends_on: date


@transaction.atomic
def add_licence(
    landscape: Landscape,
    *,
    actor: User,
    owner: User | None = None,
    **facts: Unpack[LicenceFacts],
) -> Licence:
    """Write down a licence; its owner (or who writes it) owes the renewal in time."""
    keep(actor)
    licence = Licence(landscape=locked_landscape(landscape), **facts)
    licence.renewal = _owe_licence(licence, owner or actor)
    save(licence, actor=actor)
    return licence


@transaction.atomic
def edit_licence(
    licence: Licence,
    *,
    actor: User,
    version: int | None,
    owner: User | None = None,
    **facts: Unpack[LicenceFacts],
) -> Licence:
    """Describe a licence anew; another end or owner is another renewal to owe."""
    keep(actor)
    licence = _locked_licence(licence)
    was = licence.renewal
    owner = owner or (was.owner if was else actor)
    changed = describe(licence, facts, version=version, actor=actor)
    if was is None or "ends_on" in changed or was.owner_id != owner.pk:
        _drop(was)
        licence.renewal = _owe_licence(licence, owner)
        save(licence, "renewal", actor=actor)
    return licence


@transaction.atomic
def add_certificate(
    environment: Environment,
    *,
    actor: User,
    owner: User | None = None,
    **facts: Unpack[CertificateFacts],
) -> TlsCertificate:
    """Write down a certificate; its owner (or who writes it) owes the renewal."""
    keep(actor)
    environment = locked(environment)
    certificate = TlsCertificate(environment=environment, **facts)
    certificate.renewal = _owe_certificate(certificate, owner or actor)
    save(certificate, actor=actor)
    _log(certificate, "certificate_added", actor)
    return certificate


@transaction.atomic
def edit_certificate(
    certificate: TlsCertificate,
    *,
    actor: User,
    version: int | None,
    owner: User | None = None,
    **facts: Unpack[CertificateFacts],
) -> TlsCertificate:
    """Describe a certificate anew; another end or owner is another renewal to owe."""
    keep(actor)
    locked(certificate.environment)
    certificate = _locked_certificate(certificate)
    was = certificate.renewal
    owner = owner or (was.owner if was else actor)
    changed = describe(certificate, facts, version=version, actor=actor)
    if was is None or "ends_on" in changed or was.owner_id != owner.pk:
        _drop(was)
        certificate.renewal = _owe_certificate(certificate, owner)
        save(certificate, "renewal", actor=actor)
    if changed:
        _log(certificate, "certificate_described", actor)
    return certificate


def _owe_licence(licence: Licence, owner: User) -> Duty | None:
    if licence.ends_on is None:
        return None
    return duties.owe(
        kind="renewal",
        title=f"Renew the licence “{licence.name}”, "
        f"which ends {licence.ends_on:%d %b %Y}",
        owner=owner,
        due_at=_notice(licence.ends_on, licence.landscape),
        url=licence.landscape.get_absolute_url(),
    )


def _owe_certificate(certificate: TlsCertificate, owner: User) -> Duty:
    environment = certificate.environment
    return duties.owe(
        kind="renewal",
        title=f"Renew the certificate of {certificate.host[:120]}, "
        f"which ends {certificate.ends_on:%d %b %Y}",
        owner=owner,
        due_at=_notice(certificate.ends_on, environment.landscape),
        url=environment.get_absolute_url(),
    )


def _notice(ends_on: date, landscape: Landscape) -> datetime:
    """Nine in the morning, thirty days before the end, where the landscape is."""
    zone = ZoneInfo(landscape.time_zone)
    return max(datetime.combine(ends_on - NOTICE, MORNING, zone), EARLIEST)


def _drop(duty: Duty | None) -> None:
    if duty is not None:
        duties.drop(duty)


def _log(certificate: TlsCertificate, verb: str, actor: User) -> None:
    log(
        certificate.environment,
        verb,
        actor=actor,
        at=clock.now(),
        host=certificate.host,
        ends_on=certificate.ends_on.isoformat(),
    )


def _locked_licence(licence: Licence) -> Licence:
    rows = Licence.objects.select_for_update(of=("self",))
    return rows.select_related("landscape", "renewal__owner").get(pk=licence.pk)


def _locked_certificate(certificate: TlsCertificate) -> TlsCertificate:
    rows = TlsCertificate.objects.select_for_update(of=("self",))
    joined = rows.select_related("environment__landscape", "renewal__owner")
    return joined.get(pk=certificate.pk)
