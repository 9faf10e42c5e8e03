"""What a program sends to the routes of the inventory, packages and changes."""

from datetime import timedelta

from changes.models import ChangeRequest
from environments.models import Component, Environment, Occurrence
from opsdesk.core import clock

WHY = {"reason": "Totals are wrong."}
NOTE = {"note": "Out of disk."}


def bodies(w):
    """By the name of the route; what is not named needs no words."""
    return {**_inventory(w), **_packages(w), **_changes(w), **_promotions(w)}


def _inventory(w):
    live = Environment.objects.get(is_serving=True)
    wall = {
        "starts_local": "2030-03-30T23:00",
        "minutes": 60,
        "time_zone": "Europe/London",
    }
    rule = {
        **wall,
        "starts_local": "2026-01-31T18:00",
        "rrule": "FREQ=MONTHLY;BYMONTHDAY=-1",
        "landscape": w.landscape.pk,
        "name": "Month end again",
        "environments": [live.pk],
    }
    part = Component.objects.get(code="NG")
    return {
        "landscape-list": {"name": "WMS"},
        "environment-list": {
            "landscape": w.landscape.pk,
            "kind": "dev_test",
            "name": "Sandbox",
        },
        "environment-pause": WHY,
        "server-list": {"environment": live.pk, "hostname": "app7"},
        "component-list": {
            "landscape": w.landscape.pk,
            "code": "BI",
            "name": "Reports",
            "kind": "report",
        },
        "placement-list": {"environment": live.pk, "component": part.pk},
        "path-list": {
            "target": live.pk,
            "upstream": Environment.objects.get(kind="dev_test").pk,
            "package_class": "data",
        },
        "freeze-list": rule,
        "maintenance-list": rule,
        "freeze-preview": wall,
        "maintenance-preview": wall,
        "freeze-cancel": WHY,
        "maintenance-cancel": WHY,
    }


def _packages(w):
    ours = Component.objects.get(code="NG").pk
    entry = {"path": "big.zip", "size": 5, "sha256": "c" * 64}
    return {
        "package-list": {"component": ours, "label": "5", "package_class": "minor"},
        "package-declare": {"entries": [entry]},
        "package-remove": {"path": w.packages["draft"].files.first().path},
        "package-block": WHY,
        "package-unblock": WHY,
        "package-withdraw": WHY,
    }


def _changes(w):
    asked = w.requests["open"]
    exact = {"revision": asked.revision, "subject_sha256": asked.sha256}
    live = Environment.objects.get(is_serving=True)
    frozen = Occurrence.objects.filter(environment=live, kind="freeze").first()
    return {
        "change-list": {"landscape": w.landscape.pk, "title": "Round invoices"},
        "change-send-back": WHY,
        "change-cancel": WHY,
        "change-hold": WHY,
        "change-declare-failed": WHY,
        "change-review": {"outcome": "successful"},
        "change-close": {"closure": "successful"},
        "change-break-glass": {
            "environment": live.pk,
            "code": "ERP",
            "reason": "Nobody can post an invoice since eight.",
        },
        "approval-approve": exact,
        "approval-reject": {**exact, "comment": "Not in this week."},
        "approval-revoke-vote": WHY,
        "approval-withdraw": WHY,
        "duty-settle": NOTE,
        "duty-waive": WHY,
        "override-list": {
            "change": w.owed.change_id,
            "occurrence": frozen.pk,
            "reason": "The invoices of this month are wrong.",
        },
        "template-list": {
            "landscape": w.landscape.pk,
            "code": "menu",
            "title": "Alter a menu",
            "environments": [live.pk],
            "expires_on": f"{clock.today() + timedelta(days=30)}",
            "evidence": [row.pk for row in w.standards["approved"].evidence.all()],
            "implementation_plan": "Load it.",
            "backout_plan": "Load the old one.",
        },
        "template-suspend": {"because": "Because of the test."},
    }


def _promotions(w):
    change = ChangeRequest.objects.get(approval=w.requests["open"])
    place = Environment.objects.get(kind="dev_test")
    return {
        "promotion-list": {"change": change.pk, "environment": place.pk},
        "promotion-waive": {"gate": "SOAK", "reason": "It cannot wait a day more."},
        "promotion-cancel": NOTE,
        "promotion-fail": NOTE,
        "promotion-abort": NOTE,
        "promotion-report-digest": {"sha256": "c" * 64},
        "sign-off-revoke": WHY,
    }
