"""Two revisions of a change beside each other, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from changes.models import ChangeRequest, ChangeRevision, Package
from environments.models import Component, Environment
from opsdesk.accounts.models import User
from opsdesk.core.models import Vote
from opsdesk.core.wording import listed, minutes

LABELS = {
    "type": "Kind",
    "template": "Template",
    "title": "Title",
    "description": "Description",
    "business_reason": "Business reason",
    "impact": "What may break",
    "outage_minutes": "Expected outage",
    "manifest_sha256": "Package",
    "implementation_plan": "Implementation plan",
    "test_plan": "Test plan",
    "backout_plan": "Back-out plan",
    "comms_plan": "Who is told",
    "backout_deadline": "May be backed out for",
    "risk_answers": "Backing out was rehearsed",
    "risk": "Risk",
    "components": "Components",
    "envelope": "Earliest start and latest end",
    "targets": "Goes to",
    "authority": "Law or authority",
    "legal_on": "In force from",
}


@dataclass(frozen=True)
class Line:
    """One thing that is said, before and now."""

    label: str
    was: str
    now: str


def revisions_of(change: ChangeRequest) -> list[ChangeRevision]:
    """Every revision, the latest first."""
    return list(change.revisions.select_related("by").order_by("-number"))


def differences(was: ChangeRevision, now: ChangeRevision) -> list[Line]:
    """What the later one says otherwise, in the order of the page."""
    names = _names_in(was.body, now.body)
    return [
        Line(label, _word(key, was.body, names), _word(key, now.body, names))
        for key, label in LABELS.items()
        if was.body.get(key) != now.body.get(key)
    ]


def told(revision: ChangeRevision) -> list[tuple[str, str]]:
    """Everything one revision says."""
    names = _names_in(revision.body)
    lines = ((label, _word(k, revision.body, names)) for k, label in LABELS.items())
    return [(label, text) for label, text in lines if text]


def last_voted_on(change: ChangeRequest, user: User) -> int | None:
    """The revision this person last voted on, if that is not the one there is now."""
    vote = (
        Vote.objects.filter(
            user=user, request__kind="change", request__url=change.get_absolute_url()
        )
        .select_related("request")
        .order_by("-at", "-pk")
        .first()
    )
    if vote is None or vote.request.revision == change.revision:
        return None
    return vote.request.revision


def _names_in(*bodies: Mapping[str, Any]) -> dict[tuple[str, Any], str]:
    """Names of everything the bodies point at, in three queries."""
    places = {row[0] for body in bodies for row in body.get("targets", ())}
    parts = {pk for body in bodies for pk in body.get("components", ())}
    digests = {body.get("manifest_sha256", "") for body in bodies}
    found: dict[tuple[str, Any], str] = {}
    for place in Environment.objects.filter(pk__in=places).order_by("pk"):
        found["place", place.pk] = place.name
    for part in Component.objects.filter(pk__in=parts).order_by("pk"):
        found["part", part.pk] = part.name
    packages = Package.objects.filter(sha256__in=digests).exclude(sha256="")
    for package in packages.select_related("component").order_by("-pk"):
        found["digest", package.sha256] = str(package)
    return found


def _word(key: str, body: Mapping[str, Any], names: dict[tuple[str, Any], str]) -> str:
    """One value of a body as people read it."""
    value = body.get(key)
    if value in (None, "", [], {}):
        return ""
    spell = SPELLED.get(key)
    return spell(value, names) if spell else str(value)


def _targets(value: list[list[Any]], names: dict[tuple[str, Any], str]) -> str:
    return listed(
        [
            names.get(("place", place), "?") + (" (nothing else meanwhile)" * alone)
            for place, _ordinal, _mandatory, alone in value
        ]
    )


def _digest(value: str, names: dict[tuple[str, Any], str]) -> str:
    return f"{names.get(('digest', value), 'Unknown')}, {value[:12]}"


def _envelope(value: list[str | None], _names: object) -> str:
    ends = [parse_datetime(end) if end else None for end in value]
    told = [
        f"{timezone.localtime(end):%a %-d %b %Y %H:%M %Z}" if end else "open"
        for end in ends
    ]
    return " until ".join(told)


SPELLED: dict[str, Any] = {
    "targets": _targets,
    "manifest_sha256": _digest,
    "envelope": _envelope,
    "components": lambda value, names: listed(
        [names.get(("part", pk), "?") for pk in value]
    ),
    "outage_minutes": lambda value, _names: minutes(value) if value else "None",
    "backout_deadline": lambda value, _names: f"{value} h",
    "risk_answers": lambda value, _names: "Yes" if value.get("rehearsed") else "No",
    "template": lambda value, _names: f"{value[0]} v{value[1]}",
    "type": lambda value, _names: ChangeRequest.Kind(value).label,
    "risk": lambda value, _names: ChangeRequest.Risk(value).label,
}
