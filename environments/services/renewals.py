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
    licence.renewal = _owe(licence, owner or actor)
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
    changed = describe(licence, facts, version=version, actor=actor)
    _owe_anew(licence, changed, owner, actor)
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
    certificate.renewal = _owe(certificate, owner or actor)
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
    changed = describe(certificate, facts, version=version, actor=actor)
    _owe_anew(certificate, changed, owner, actor)
    if changed:
        _log(certificate, "certificate_described", actor)
    return certificate


def _owe_anew(
    row: Licence | TlsCertificate, changed: list[str], owner: User | None, actor: User
) -> None:
    """Without a word about its owner it stays with whoever owes it now."""
    was = row.renewal
    owner = owner or (was.owner if was else actor)
    if was is None or "ends_on" in changed or was.owner_id != owner.pk:
        if was is not None:
            duties.drop(was)
        row.renewal = _owe(row, owner)
        save(row, "renewal", actor=actor)


def _owe(row: Licence | TlsCertificate, owner: User) -> Duty | None:
    if row.ends_on is None:
        return None
    if isinstance(row, Licence):
        what, url = f"licence “{row.name}”", row.landscape.get_absolute_url()
        landscape = row.landscape
    else:
        what, url = (
            f"certificate of {row.host[:120]}",
            row.environment.get_absolute_url(),
        )
        landscape = row.environment.landscape
    return duties.owe(
        kind="renewal",
        title=f"Renew the {what}, which ends {row.ends_on:%d %b %Y}",
        owner=owner,
        due_at=_notice(row.ends_on, landscape),
        url=url,
    )


def _notice(ends_on: date, landscape: Landscape) -> datetime:
    """Nine in the morning, thirty days before the end, where the landscape is."""
    zone = ZoneInfo(landscape.time_zone)
    return max(datetime.combine(ends_on - NOTICE, MORNING, zone), EARLIEST)


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
