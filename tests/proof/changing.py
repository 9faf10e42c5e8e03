"""A change in each state, brought there by the people of the small company.

Dee asks, Sue makes the package, Sam carries it out, Tim and Ada agree, Mia judges.
"""

from datetime import timedelta
from itertools import count

from changes.content import Aim
from changes.models import ChangeRequest, ChangeTemplate
from changes.services import (
    after,
    asking,
    ending,
    holding,
    promoting,
    revising,
    running,
    starting,
    submitting,
    templates,
    voting,
)
from opsdesk.core import clock
from tests.changes.drafts import (
    content,
    fresh,
    make_change,
    make_successes,
    place,
    soon,
    span,
)
from tests.changes.factories import again, carry_out, promote, sign
from tests.changes.making import make_file

PLANS = {
    "implementation_plan": "Load the list.",
    "backout_plan": "Load the list of the day before.",
}
LABELS = count(100)


def changes(w, live) -> dict[str, ChangeRequest]:
    """By the state each is in; what is done to production is done one by one."""
    return {
        "review": _confirmed(w, live),
        "verifying": _implemented(w, live),
        "implementing": _failing(w, live),
        "draft": _draft(w, live),
        "assessing": _revised(w, live),
        "held": _held(w, live),
        "tested": _tested(w, live),
        "awaiting": _asked(w, live),
        "approved": _approved(w, live),
        "rejected": _rejected(w, live),
    }


def standards(w, live) -> dict[str, ChangeTemplate]:
    """A template people are asked about, one in force, and one suspended."""
    done = make_successes(live, w.dee, w.sam, w.sue)
    proposed, approved, suspended = (
        _template(w, live, done, code) for code in ("proposed", "approved", "suspended")
    )
    made = {"proposed": proposed, "approved": approved}
    for template in (approved, suspended):
        for person in (w.tim, w.mia):
            template.approval.refresh_from_db()
            say(template.approval, person)
    made["suspended"] = templates.suspend_template(
        suspended, because="Prices were wrong.", actor=w.mia, at=clock.now()
    )
    return made


def say(request, person, decision="approve", comment=""):
    """One vote on exactly what is asked."""
    voting.vote(
        request,
        actor=person,
        decision=decision,
        comment=comment,
        revision=request.revision,
        sha256=request.sha256,
    )


def _draft(w, live, start=None):
    """Complete, with a slot nobody else wants; `start` None is in some days."""
    label = str(next(LABELS))
    start = start or soon(24 * int(label))
    aims = [
        Aim(place(live, "dev_test")),
        Aim(live, minutes=60, slot=span(start)),
    ]
    return make_change(live, w.dee, w.sam, w.sue, label=label, start=start, aims=aims)


def _submitted(w, live, start=None):
    return submitting.submit(_draft(w, live, start), actor=w.dee)


def _revised(w, live):
    change = _submitted(w, live)
    said = content(
        live,
        change.package,
        w.sam,
        start=change.earliest_start,
        reason="The auditors complain as well.",
    )
    return revising.edit(change, actor=w.dee, content=said, version=None)


def _held(w, live):
    return holding.hold(_submitted(w, live), actor=w.mia, reason="After the audit.")


def _tested(w, live, start=None):
    change = _submitted(w, live, start)
    promote(change, place(live, "dev_test"), w.sam)
    seen = {"evidence": make_file("seen.png"), "evidence_name": "seen.png"}
    sign(change, place(live, "dev_test"), w.ann, **seen)
    return fresh(change)


def _asked(w, live, start=None):
    change = _tested(w, live, start)
    return asking.request_approval(change, actor=w.dee, conflicts_accepted="Known.")


def _approved(w, live, start=None):
    change = _asked(w, live, start)
    say(change.approval, w.tim)
    return fresh(change)


def _rejected(w, live):
    change = _asked(w, live)
    say(change.approval, w.tim, "reject", "Not before the audit.")
    return fresh(change)


def _started(w, live):
    """A promotion to production that runs: its slot is now."""
    change = _approved(w, live, clock.now() - timedelta(minutes=30))
    promotion = promoting.schedule(change, actor=w.sam, environment=live)
    say(promotion.approval, w.ada)
    return starting.start(again(promotion), actor=w.sam)


def _failing(w, live):
    promotion = _started(w, live)
    running.fail(promotion, actor=w.sam, note="A table was locked.")
    return fresh(promotion.change)


def _implemented(w, live):
    """The copies of production follow another day, says Ada."""
    promotion = _started(w, live)
    carry_out(promotion, w.sam)
    for owed in promotion.change.duties.filter(is_settled=False):
        after.waive_duty(owed, actor=w.ada, reason="They are copied tonight.")
    return fresh(promotion.change)


def _confirmed(w, live):
    return ending.confirm(_implemented(w, live), actor=w.sam)


def _template(w, live, done, code):
    return templates.propose(
        actor=w.dee,
        landscape=live.landscape,
        code=f"list-{code}",
        title=f"Load a price list, {code}",
        body=PLANS,
        locked=list(PLANS),
        environments=[live],
        evidence=done,
        expires_on=clock.today() + timedelta(days=365),
    )
