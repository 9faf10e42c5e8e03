"""A small company in which everybody has something of their own, and rivals have more.

Two of everything: Rob's snag, in Finance, with Northgate; Rex's, in the warehouse, with
Southgate. What the first half may see, the second half must not be able to tell exists.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from changes.models import (
    ChangeDuty,
    ChangeRequest,
    ChangeTemplate,
    FreezeOverride,
    Package,
)
from changes.services import after, files, overriding, packages, testing, voting
from environments.models import (
    CalendarFeed,
    Component,
    Landscape,
    Module,
    Occurrence,
    Placement,
    Server,
)
from environments.services import components, maintenance, paths, renewals, states
from opsdesk.accounts.models import ApiToken, Membership, Party, User
from opsdesk.accounts.services import roles
from opsdesk.accounts.tokens import digest
from opsdesk.core.models import ApprovalRequest, Duty, Message, Notification, SavedView
from opsdesk.core.services import duties, outbox, saved_views
from snags.models import BusinessProcess, Snag, Snaglist
from snags.services import editing, lifecycle, talk
from tests import factories
from tests.changes import drafts, making
from tests.environments.planning import local, make_window
from tests.proof import changing

STATES = ("new", "handed", "back", "waiting", "resolved")
# The people of the matrix, in its order. Dee is support for Finance only.
CAST = ("rob", "sam", "dee", "mia", "tim", "bea", "ada", "ann", "vic", "amy")


@dataclass(eq=False)
class World:
    """Who and what there is; `ours` and `theirs` hold a snag for each state."""

    people: dict[str, User] = field(default_factory=dict)
    ours: dict[str, Snag] = field(default_factory=dict)
    theirs: dict[str, Snag] = field(default_factory=dict)
    notes: dict[str, Notification] = field(default_factory=dict)
    duties: dict[str, Duty] = field(default_factory=dict)
    views: dict[str, SavedView] = field(default_factory=dict)
    tokens: dict[str, ApiToken] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    requests: dict[str, ApprovalRequest] = field(default_factory=dict)
    changes: dict[str, ChangeRequest] = field(default_factory=dict)
    standards: dict[str, ChangeTemplate] = field(default_factory=dict)
    override: FreezeOverride | None = None
    owed: ChangeDuty | None = None
    dead_letter: Message | None = None
    landscape: Landscape | None = None
    module: Module | None = None

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None


def build() -> World:
    """The whole company, through the services wherever there are rules."""
    w = World()
    finance = factories.make_party("Finance")
    warehouse = factories.make_party("Warehouse")
    factories.make_party("Marlowe Fabrications", "organisation")
    north = factories.make_party("Northgate ERP Partners", "supplier")
    south = factories.make_party("Southgate Hosting", "supplier")
    w.people = {
        "rob": factories.make_user("rob", "reporter", department=finance),
        "rex": factories.make_user("rex", "reporter", department=warehouse),
        "sam": factories.make_user("sam", "support"),
        "sue": factories.make_user("sue", "support"),
        "dee": factories.make_user("dee", "support", scope=finance),
        "mia": factories.make_user("mia", "manager"),
        "tim": factories.make_user("tim", "approver_technical"),
        "bea": factories.make_user("bea", "approver_business"),
        "ada": factories.make_user("ada", "administrator"),
        "ann": factories.make_user("ann", "access_administrator"),
        "abe": factories.make_user("abe", "access_administrator"),
        "vic": factories.make_user("vic", "supplier", supplier=north),
        "val": factories.make_user("val", "supplier", supplier=south),
        "amy": factories.make_user("amy", "auditor"),
        "bot": factories.make_user("bot", is_service=True),
        "out": factories.make_user("out", "reporter", is_active=False),
    }
    live = factories.make_landscape()
    w.landscape = live.landscape
    w.module = Module.objects.create(landscape=live.landscape, name="Invoicing")
    _inventory(w, live)
    _packages(w, live, north)
    _changes(w, live)
    factories.make_contract(
        live.landscape, p3_response=600, p3_resolution=6000, p4_response=600
    )
    for state in STATES:
        w.ours[state] = _snag(w, live, w.rob, north, state, "ours")
        w.theirs[state] = _snag(w, live, w.rex, south, state, "theirs")
    _own_things(w)
    make_window(live, w.ada, name="Month-end close", start=local(48))
    make_window(live, w.ada, "maintenance", name="Backup night", start=local(60))
    _after(w, live)
    for name, person in w.people.items():
        CalendarFeed.objects.create(owner=person, digest=digest(f"feed-of-{name}"))
    return w


def _inventory(w, live):
    """One of everything the inventory holds."""
    database, app = (
        Component.objects.create(
            landscape=live.landscape, code=code, name=code, kind="application"
        )
        for code in ("DB", "APP")
    )
    Component.objects.create(
        landscape=live.landscape, code="RPT", name="Reports", kind="report"
    )
    server = Server.objects.create(environment=live, hostname="app1")
    Placement.objects.create(environment=live, component=database, server=server)
    components.depend(app, actor=w.ada, on=database)
    year_on = timezone.localdate() + timedelta(days=365)
    renewals.add_licence(live.landscape, actor=w.ada, name="Users", ends_on=year_on)
    renewals.add_certificate(live, actor=w.ada, host="erp.example", ends_on=year_on)
    soon = timezone.now() + timedelta(days=3)
    maintenance.plan_task(live, actor=w.ada, title="Reindex", owner=w.ada, due_at=soon)
    by_kind = {row.kind: row for row in live.landscape.environments.order_by("pk")}
    paths.lay_path(live, actor=w.ada, upstream=by_kind["dev_test"])


def _changes(w, live):
    """While every environment is open: afterwards one is shut and another paused."""
    w.changes = changing.changes(w, live)
    w.standards = changing.standards(w, live)
    shut, paused = (drafts.place(live, kind) for kind in ("dev_test", "failover"))
    states.quarantine(shut, actor=w.ada, reason="Unmasked.")
    states.pause(paused, actor=w.ada, reason="Cabling.")


def _after(w, live):
    """Leave somebody asked for, and what is still owed."""
    change = ChangeRequest.objects.get(approval=w.requests["voted"])
    freeze = Occurrence.objects.filter(environment=live, kind="freeze").first()
    why = "The totals of this month are wrong."
    draft = drafts.make_change(
        live, w.dee, w.sam, w.sue, label="2.1", start=drafts.soon(48)
    )
    w.override = overriding.ask_override(
        draft, actor=w.sam, occurrence=freeze, reason=why
    )
    due_at = timezone.now() + timedelta(days=3)
    w.owed = after.owe(change, "retro_test", due_at=due_at)
    w.test = testing.assign_test(
        change,
        actor=w.sam,
        environment=drafts.place(live, "dev_test"),
        area="Sales",
        assigned_to=w.dee,
        due_at=due_at,
    )


def _packages(w, live, north):
    """A package in each state, and two changes whose approval is asked for."""
    mine = making.make_component(live.landscape, "PKG")
    making.make_component(live.landscape, "NG", supplier=north)
    w.packages["draft"] = making.make_draft(mine, w.sam, "0.9")
    files.upload(w.packages["draft"], actor=w.sam, uploads=[making.make_file()])
    w.packages["other"] = making.make_package(mine, w.sam, "1.0")
    w.packages["sealed"] = making.make_package(mine, w.sam, "1.1", b"select 2;")
    blocked = making.make_package(mine, w.sam, "1.2", b"select 3;")
    w.packages["blocked"] = packages.block(blocked, actor=w.sam, reason="Wrong.")
    team = (live, w.mia, w.sam, w.sue, w.dee)
    w.requests["open"] = drafts.make_asked(*team).approval
    later = drafts.make_asked(
        *team, label="2.0", start=drafts.soon(48), risk_manual="medium"
    ).approval
    w.requests["voted"] = voting.vote(
        later,
        actor=w.tim,
        decision="approve",
        revision=later.revision,
        sha256=later.sha256,
    )


def _snag(w, live, reporter, supplier, state, whose):
    """A snag of the reporter, with the supplier once, in one state; files and talk."""
    snag = factories.make_snag(live, reporter, title=f"{whose} {state} printer prints")
    _say(snag, w.sam, "internal", f"inside {whose} {state}")
    if state != "new":
        _say(snag, reporter, "everyone", f"open {whose} {state}")
    if state == "new":
        return snag
    lifecycle.triage(snag, actor=w.sam, owner=w.sam, impact=2, urgency=2)
    lifecycle.start(snag, actor=w.sam)
    talk.add_effort(
        snag,
        actor=w.sam,
        minutes=15,
        kind="fix",
        spent_on=timezone.localdate(),
        note=f"effort {whose}",
    )
    lifecycle.hand_over(snag, actor=w.sam, supplier=supplier)
    contact = w.vic if whose == "ours" else w.val
    talk.comment(snag, actor=contact, body=f"supplier {whose}", audience="supplier")
    if state == "handed":
        return snag
    lifecycle.hand_back(snag, actor=w.sam)
    _say(snag, w.sam, "everyone", f"later {whose} {state}")
    title, detail = f"{snag.title}, retitled {whose}", f"described {whose}"
    editing.edit_text(snag, actor=w.sam, version=None, title=title, detail=detail)
    addition = f"added {whose}"
    editing.set_properties(snag, actor=w.sam, kind="extend", addition=addition)
    if state == "waiting":
        lifecycle.wait(snag, actor=w.sam, waiting_for="reporter", body="Which tray?")
    if state == "resolved":
        lifecycle.resolve(
            snag,
            actor=w.sam,
            resolution="no_fault",
            resolution_note=f"Works here, ended {whose}.",
        )
    return Snag.objects.get(pk=snag.pk)


def _say(snag, actor, audience, words):
    """A comment with a file, both of which hold the words."""
    name = f"{words}.txt"
    added = SimpleUploadedFile(name, words.encode(), "text/plain")
    talk.comment(snag, actor=actor, body=words, audience=audience, files_added=[added])


def _own_things(w: World) -> None:
    """A note, a duty, a view and a token for everyone, so that each has another's."""
    soon = timezone.now() + timedelta(days=3)
    for name in (*CAST, "sue"):
        person = w.people[name]
        outbox.notify([person], outbox.Note(key=f"own-{name}", title=f"note of {name}"))
        w.notes[name] = Notification.objects.get(recipient=person, key=f"own-{name}")
        w.duties[name] = duties.owe(
            kind="task", title=f"duty of {name}", owner=person, due_at=soon
        )
        w.views[name] = saved_views.save_view(
            owner=person, screen="snags", name=f"view of {name}", query="view=mine"
        )
        w.tokens[name] = make_token(person, f"token of {name}")
    w.tokens["bot"] = make_token(w.bot, "token of bot")
    now = timezone.now()
    w.dead_letter = Message.objects.create(
        key="dead/1",
        to="rob@example.org",
        subject="never arrived",
        body="x",
        attempts=8,
        dead_at=now,
        last_error="SMTPException: no",
    )
    golive = w.ours["new"].snaglist.golive
    Snaglist.objects.create(golive=golive, name="Training", is_open=False)
    Snaglist.objects.create(golive=golive, name="Second wave")
    Authenticator.objects.create(user=w.sue, type="totp", data={})
    factories.make_party("Old team", "team", is_active=False)
    factories.make_party("Night shift", "department")
    BusinessProcess.objects.create(landscape=w.landscape, name="Order to cash")
    User.objects.create(name="Newcomer", email="new@example.org", password="!")
    roles.grant_role(
        w.rex, actor=w.ann, role="approver_business", reason="They sign it off."
    )
    roles.grant_role(
        w.sue, actor=w.abe, role="approver_technical", reason="They know the system."
    )


def make_token(owner: User, name: str, *scopes: str) -> ApiToken:
    """A token whose secret is the one thing nobody can see again: kept on it here."""
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        digest=digest(secret),
        hint=secret[:8],
        scopes=list(scopes) or ["snags:read", "snags:write"],
        expires_at=timezone.now() + timedelta(days=30),
    )
    token.secret = secret
    return token


def parties(kind: str) -> list[Party]:
    return list(Party.objects.filter(kind=kind).order_by("pk"))


def memberships(person: User) -> list[Membership]:
    return list(person.memberships.order_by("pk"))
