"""How each route is asked: the objects its address names, what a form would send."""

import json
import re
from datetime import timedelta
from functools import cache
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from changes.models import ChangeRequest
from environments.models import (
    Component,
    Dependency,
    Environment,
    Licence,
    MaintenanceTask,
    Placement,
    PromotionPath,
    Server,
    TlsCertificate,
    WindowRule,
)
from opsdesk.accounts.models import RoleRequest, User
from opsdesk.core.models import ApprovalPolicy
from sla.models import Contract, ServiceCalendar
from snags.models import (
    BusinessProcess,
    Clock,
    SnagAttachment,
    SnagComment,
    SnagEvent,
    Snaglist,
)
from tests.proof.api_bodies import bodies
from tests.proof.world import memberships, parties

NOWHERE = 999_999
# The verbs of the API that are refused without a key.
ONCE = {"change-break-glass", "promotion-start", "promotion-rollback"}
ROW = re.compile(r"/api/v1/[a-z-]+/\d+/")
DAY = timedelta(days=1)
# What a page of its own kind of address is asked with.
FIXED = {
    "table": {"name": "weeks", "fmt": "csv"},
    "figure": {"name": "opened", "fmt": "csv"},
    "format": {"fmt": "csv"},
    "feed": {"secret": "feed-of-sam"},
    "key": {"uidb36": "a", "key": "b-c"},
}
# Objects of the company that belong to nobody in particular.
SHARED = {
    "person": lambda w: w.sue.pk,
    "demo": lambda w: w.sue.pk,
    "newcomer": lambda w: _newcomer().pk,
    "outsider": lambda w: w.out.pk,
    "service": lambda w: w.bot.pk,
    "request": lambda w: RoleRequest.objects.get(asked_by=w.abe).pk,
    "request.own": lambda w: RoleRequest.objects.get(asked_by=w.ann).pk,
    "membership": lambda w: memberships(w.sue)[0].pk,
    "party": lambda w: parties("department")[-1].pk,
    "party.gone": lambda w: parties("team")[0].pk,
    "environment": lambda w: Environment.objects.get(is_serving=True).pk,
    "window": lambda w: WindowRule.objects.get(kind="freeze").pk,
    "window.maintenance": lambda w: WindowRule.objects.get(kind="maintenance").pk,
    "environment.training": lambda w: copy("training"),
    "environment.shut": lambda w: copy("dev_test"),
    "environment.paused": lambda w: copy("failover"),
    "landscape": lambda w: w.landscape.pk,
    "server": lambda w: Server.objects.get().pk,
    "component": lambda w: Component.objects.get(code="APP").pk,
    "dependency": lambda w: Dependency.objects.get().pk,
    "placement": lambda w: Placement.objects.get().pk,
    "licence": lambda w: Licence.objects.get().pk,
    "certificate": lambda w: TlsCertificate.objects.get().pk,
    "path": lambda w: PromotionPath.objects.get().pk,
    "task": lambda w: MaintenanceTask.objects.get().pk,
    "letter": lambda w: w.dead_letter.pk,
    "snaglist": lambda w: open_list().pk,
    "snaglist.shut": lambda w: Snaglist.objects.get(is_open=False).pk,
    "golive": lambda w: open_list().golive_id,
    "calendar": lambda w: ServiceCalendar.objects.get().pk,
    "calendar.version": lambda w: ServiceCalendar.objects.get().pk,
    "contract": lambda w: Contract.objects.get().pk,
    "contract.version": lambda w: Contract.objects.get().pk,
    "module": lambda w: w.module.pk,
    "process": lambda w: BusinessProcess.objects.get().pk,
    "supplier": lambda w: parties("supplier")[0].pk,
    "package": lambda w: w.packages["sealed"].pk,
    "package.draft": lambda w: w.packages["draft"].pk,
    "package.blocked": lambda w: w.packages["blocked"].pk,
    "package.file": lambda w: w.packages["sealed"].pk,
    "package.stray": lambda w: w.packages["draft"].pk,
    "package.other": lambda w: w.packages["sealed"].pk,
    "package.place": lambda w: w.packages["sealed"].pk,
    **{
        f"change.{state}": lambda w, state=state: w.changes[state].pk
        for state in (
            *("draft", "assessing", "held", "tested", "awaiting", "approved"),
            *("implementing", "verifying", "review", "rejected"),
        )
    },
    "change.version": lambda w: w.changes["assessing"].pk,
    **{
        f"standard.{state}": lambda w, state=state: w.standards[state].pk
        for state in ("proposed", "approved", "suspended")
    },
    "policy": lambda w: ApprovalPolicy.objects.get(kind="change", level="low").pk,
    "approval": lambda w: w.requests["open"].pk,
    "approval.voted": lambda w: w.requests["voted"].pk,
    "change": lambda w: waiting(w).pk,
    "change.promotion": lambda w: waiting(w).promotions.get().pk,
    "change.step": lambda w: waiting(w).promotions.get().pk,
    "change.freeze": lambda w: w.override.change_id,
    "change.duty": lambda w: w.changes["verifying"].duties.order_by("pk").first().pk,
    "change.leave": lambda w: w.override.pk,
    "change.owed": lambda w: w.owed.pk,
    "change.test": lambda w: w.test.pk,
    "change.verdict": lambda w: waiting(w).sign_offs.get().pk,
}
# What an address names beside the object itself.
BESIDE = {
    "package.file": lambda w: {"file_pk": w.packages["sealed"].files.first().pk},
    "package.stray": lambda w: {"file_pk": w.packages["draft"].files.first().pk},
    "package.other": lambda w: {"other_pk": w.packages["other"].pk},
    "package.place": lambda w: {"environment_pk": SHARED["environment"](w)},
    "change.step": lambda _w: {"ordinal": 1},
    "change.freeze": lambda w: {"occurrence_pk": w.override.occurrence_id},
}
# Routes whose address names the snag before the part.
SNAG_PARTS = ("api:attachment", "api:comment", "api:clock", "api:event")
# Objects each person has one of, so that another's is out of reach.
OWN = {"note": "notes", "duty": "duties", "view": "views", "token": "tokens"}
# A part of a snag: its model and the name of its key in addresses.
PARTS = {
    "clock": (Clock, "clock_pk", {}),
    "comment": (SnagComment, "pk", {"audience": "everyone"}),
    "event": (SnagEvent, "pk", {}),
    "file": (SnagAttachment, "file_pk", {"audience": "everyone"}),
    "file.inside": (SnagAttachment, "file_pk", {"audience": "internal"}),
}


def open_list() -> Snaglist:
    return Snaglist.objects.get(name="General")


def waiting(w) -> ChangeRequest:
    """The change people are asked to agree to."""
    return ChangeRequest.objects.get(approval=w.requests["open"])


def copy(kind: str) -> int:
    return Environment.objects.get(kind=kind).pk


def _newcomer() -> User:
    return User.objects.get(email="new@example.org")


@cache
def address(line, world, name, whose):
    """The URL of a line for a person; `whose` object is ours, theirs or nobody's."""
    if line.on == "":
        return reverse(line.route)
    if line.on in FIXED:
        keys = dict(FIXED[line.on])
        if line.route in {"sla:table", "sla:figure"}:
            del keys["fmt"]
        days = "?first=2026-01-01&last=2026-12-31" if line.on == "figure" else ""
        return reverse(line.route, kwargs=keys) + days
    return reverse(line.route, kwargs=_keys(line, world, name, whose))


def _keys(line, world, name, whose):
    if line.on.startswith("snag."):
        key = "snag_pk" if line.route.startswith(SNAG_PARTS) else "pk"
        return {key: _snag(world, line.on.removeprefix("snag."), whose)}
    if line.on in PARTS:
        return _part(line, world, whose)
    if line.on in OWN:
        return {"pk": _own(world, line.on, name, whose)}
    number = {"number": 1} if line.on.endswith(".version") else {}
    key = NOWHERE if whose == "nobody" else SHARED[line.on](world)
    beside = BESIDE[line.on](world) if line.on in BESIDE else {}
    return {"pk": key, **number, **beside}


def _snag(world, state, whose):
    return NOWHERE if whose == "nobody" else getattr(world, whose)[state].pk


def _own(world, on, name, whose):
    if whose == "nobody":
        return NOWHERE
    owner = name if whose == "ours" and name in world.people else "sue"
    return getattr(world, OWN[on])[owner].pk


def _part(line, world, whose):
    model, key, wanted = PARTS[line.on]
    snag = world.theirs["back"] if whose == "theirs" else world.ours["back"]
    row = model.objects.filter(snag=snag, **wanted).order_by("pk").first()
    part = NOWHERE if whose == "nobody" else row.pk
    if line.is_api:
        return {"snag_pk": snag.pk, "pk": part}
    return {"pk": snag.pk, key: part}


def has_rival(line):
    """Is there an object of this kind that somebody else has?"""
    return line.on.startswith("snag.") or line.on in PARTS or line.on in OWN


# --- What is sent ------------------------------------------------------------------


def _snag_forms(w):
    text = {"resolution": "no_fault", "resolution_note": "Works here."}
    return {
        "comment": {"body": "A word."},
        "edit": {"version": w.ours["new"].version, "title": "Prints thrice"},
        "triage": {"owner": w.sam.pk, "impact": 2, "urgency": 2},
        "wait": {"waiting_for": "reporter", "body": "Which tray?"},
        "hand_over": {"supplier": parties("supplier")[0].pk},
        "resolve": text,
        "reject": {**text, "resolution": "not_accepted"},
        "reopen": {"body": "Still twice."},
        "merge": {"into": f"SN-{w.ours['new'].pk}"},
        "assign": {"owner": w.mia.pk},
        "priority": {"impact": 1, "urgency": 1},
        "move_list": {"snaglist": open_list().pk},
        "share": {"is_shared": "on"},
        "workaround": {
            "workaround": "Print one by one.",
            "version": w.ours["back"].version,
            "review_on": (timezone.localdate() + DAY).isoformat(),
        },
        "follow_up": {"follow_up_on": (timezone.localdate() + DAY).isoformat()},
        "properties": {
            "kind": "fault",
            "environment": w.ours["back"].environment_id,
            "sensitivity": "normal",
            "step": "Printing",
            "module": w.module.pk,
            "version": w.ours["back"].version,
        },
        "effort": {"minutes": 5, "kind": "fix", "spent_on": timezone.localdate()},
        "process_new": {
            "landscape": w.landscape.pk,
            "name": "Hire to retire",
            "is_active": "on",
        },
        "process_edit": {"name": "Order to pay", "is_active": "on", "version": 1},
        "view_save": {"name": "Mine"},
        "bulk": {"ids": [w.ours["new"].pk], "do": "take"},
        "report": _report(w),
        "new": {**_report(w), "reported_by": w.rob.pk, "channel": "phone"},
    }


def _report(w):
    return {
        "title": "Invoices print twice",
        "impact": 2,
        "urgency": 2,
        "environment": w.ours["back"].environment_id,
        "kind": "fault",
        "sensitivity": "normal",
    }


def _api_bodies(w):
    forms = _snag_forms(w)
    listed = {"snaglist": open_list().pk}
    report = {**forms["report"], **listed}
    del report["sensitivity"]
    return {
        "snag-list": report,
        "comment-list": {"body": "A word."},
        "snag-edit": {"title": "Prints thrice"},
        "snag-hand-over": forms["hand_over"],
        **{
            f"snag-{verb}": forms[verb]
            for verb in (
                *("triage", "wait", "resolve", "reject", "reopen"),
                *("assign", "priority"),
            )
        },
        "snag-merge": {"into": w.ours["handed"].pk},
    }


def _people_forms(w):
    return {
        "profile": {"theme": "dark"},
        "token_new": {"name": "laptop", "scopes": ["snags:read"], "days": 30},
        "service_token_new": {"name": "job", "scopes": ["snags:read"], "days": 30},
        "person_new": {"name": "Zoe", "email": "zoe@example.org"},
        "person_edit": {"name": "Susan", "email": "sue@example.org", "version": 1},
        "role_grant": {"role": "manager"},
        "role_end": {},
        "party_new": {"name": "Sales", "kind": "department"},
        "party_edit": {"name": "Stores", "version": 1},
    }


def _place_forms(w):
    version = Environment.objects.get(is_serving=True).version
    told = {"hosting": "in_house", "data": "live"}
    why = {"reason": "Because of the test."}
    lags = {
        "support": "centralised",
        "time_zone": "Europe/London",
        "failover_sync_hours": 24,
        "training_sync_days": 7,
    }
    return {
        "edit": {**told, "name": "ERP live", "is_serving": "on", "version": version},
        "landscape_new": {**lags, "name": "WMS"},
        "landscape_edit": {**lags, "name": "ERP 2", "version": w.landscape.version},
        "module_add": {"names": "Payroll"},
        "new": {**told, "name": "Sandbox", "kind": "dev_test"},
        **dict.fromkeys(("pause", "retire", "quarantine", "release"), why),
        **_part_forms(w),
        **_window_forms(),
    }


def _window_forms():
    window = {
        "name": "Payroll run",
        "environments": [Environment.objects.get(is_serving=True).pk],
        "starts_local": f"{timezone.localtime() + DAY:%Y-%m-%dT%H:%M}",
        "ends_local": f"{timezone.localtime() + 2 * DAY:%Y-%m-%dT%H:%M}",
        "time_zone": "Europe/London",
        "is_hard": "yes",
    }
    return {
        "freeze_new": window,
        "maintenance_new": window,
        "window_edit": {
            **window,
            "version": WindowRule.objects.get(kind="freeze").version,
        },
        "window_cancel": {"reason": "Because of the test."},
    }


def _part_forms(w):
    part = {"code": "WEB", "name": "Web", "kind": "platform", "needs": 1}
    spare = Component.objects.get(code="RPT").pk
    day = (timezone.localdate() + 99 * DAY).isoformat()
    due = (timezone.localtime() + DAY).strftime("%Y-%m-%dT%H:%M")
    task = {"title": "Archive", "owner": w.sam.pk, "due_at": due}
    known = {"version": 1}
    path = {"upstream": copy("dev_test"), "soak_hours": 72, "sign_offs": 2}
    path["approvals"] = 1
    return {
        "server_new": {"hostname": "db1", "role": "db"},
        "server_edit": {"hostname": "app2", "role": "app", **known},
        "component_new": part,
        "component_edit": {**part, **known},
        "component_depend": {"on": spare},
        "placement_new": {"component": spare},
        "install_note": {"component": spare, "label": "1.0"},
        "path_new": {**path, "package_class": "major"},
        "path_edit": {**path, **known},
        "licence_new": {"name": "Database"},
        "licence_edit": {"name": "Named users", **known},
        "certificate_new": {"host": "edi.example", "ends_on": day},
        "certificate_edit": {"host": "erp2.example", "ends_on": day, **known},
        "task_new": task,
        "task_edit": {**task, **known},
        "downtime": {
            "landscape": w.landscape.pk,
            "title": "Second site",
            "busy_cost_per_hour": 100,
            "busy_hours_down": 10,
            "quiet_cost_per_hour": 10,
            "quiet_hours_down": 5,
            "failover_cost_per_year": 900,
        },
    }


def seen(looks, url):
    """The ETag of the row an address of the API names; the same for whoever reads."""
    row = ROW.match(url)
    return looks.at("amy", row[0]).etag if row else ""


def payload(line, w, etag="", **more):
    """What a form of this route would send, as keyword arguments of client.post.

    Pages are sent more, which no form of theirs asks for.
    """
    verb = line.route.rpartition(":")[2]
    if line.route == "api:attachment-list":
        added = SimpleUploadedFile("screen.txt", b"It prints twice.")
        return {"data": {"body": "A word.", "files": added}}
    if line.is_api:
        headers = {"If-Match": etag or '"1"'}
        if verb in ONCE:
            headers["Idempotency-Key"] = "once"
        if verb == "package-upload":
            added = SimpleUploadedFile("b.sql", b"select 1;")
            return {"data": {"files": added}, "headers": headers}
        body = _all_bodies(w).get(verb, {})
        sent = {"data": json.dumps(body), "content_type": "application/json"}
        return {**sent, "headers": headers}
    if line.route == "changes:package_upload":
        return {"data": {"uploads": SimpleUploadedFile("b.sql", b"select 1;")}}
    fields = urlencode({**form(line, w), **more}, doseq=True)
    return {"data": fields, "content_type": "application/x-www-form-urlencoded"}


def form(line, w):
    """What somebody who fills in the page of this route would enter."""
    space, _, verb = line.route.rpartition(":")
    return _forms(space, w).get(verb, {})


@cache
def _all_bodies(w):
    return {**_api_bodies(w), **bodies(w)}


@cache
def _forms(space, w):
    forms = {
        "snags": _snag_forms,
        "accounts": _people_forms,
        "environments": _place_forms,
        "core": _inbox_forms,
        "changes": _change_forms,
    }.get(space)
    return forms(w) if forms else {}


def _inbox_forms(w):
    due = (timezone.localtime() + DAY).strftime("%Y-%m-%dT%H:%M")
    return {"duty_new": {"title": "Test it", "owner": w.sam.pk, "due_at": due}}


def _change_forms(w):
    digest = "c" * 64
    draft, asked = w.packages["draft"], w.requests["open"]
    ours = Component.objects.get(code="NG")
    reason = {"reason": "Totals are wrong."}
    described = {"label": "0.9.1", "package_class": "minor"}
    return {
        "package_new": {**described, "component": ours.pk},
        "package_edit": {**described, "version": draft.version},
        "package_declare": {"entries": f"{digest}  5  big.zip"},
        "package_block": reason,
        "package_unblock": reason,
        "package_withdraw": reason,
        "policy_edit": {"valid_days": 7, "version": 1, "manager": 1},
        "approval_vote": {
            "decision": "approve",
            "revision": asked.revision,
            "sha256": asked.sha256,
        },
        "approval_revoke": {"reason": "Not sure."},
        "approval_withdraw": reason,
        **_life_forms(w),
    }


def _life_forms(w):
    why = {"reason": "Because of the test."}
    said = {"note": "A table was locked."}
    written = {"kind": "normal", "outage_minutes": 0, "backout_hours": 48}
    plans = {"implementation_plan": "Load it.", "backout_plan": "Load the old one."}
    return {
        "new": {**written, "version": 0, "title": "Print once"},
        "edit": {**written, "version": w.changes["draft"].version, "title": "Print it"},
        "comment": {"body": "A word."},
        "request_approval": {"conflicts_accepted": "Known."},
        **dict.fromkeys(("send_back", "hold", "cancel", "declare_failed"), why),
        "review": {"outcome": "successful", "outage_minutes": 0},
        "close": {"closure": "successful"},
        "template_new": {
            **plans,
            "code": "menu",
            "title": "Alter a menu",
            "environments": [Environment.objects.get(is_serving=True).pk],
            "evidence": [done.pk for done in w.standards["approved"].evidence.all()],
            "expires_on": (timezone.localdate() + DAY).isoformat(),
        },
        "template_suspend": {"because": "Because of the test."},
        "promotion_waive": {"gate": "SOAK", "note": "It cannot wait a day more."},
        "promotion_step": {"ordinal": 1},
        "promotion_report": {"sha256": "c" * 64},
        **dict.fromkeys(("promotion_fail", "promotion_abort"), said),
        "promotion_cancel": said,
        "sign_off_revoke": why,
    }
