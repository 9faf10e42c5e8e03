"""What people press on the pages of changes, each signed in as themselves."""

import re
from datetime import datetime
from functools import cache
from html import unescape
from typing import NamedTuple

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from changes.models import ChangeRequest, Promotion
from opsdesk.accounts.models import User
from opsdesk.core.models import ApprovalRequest
from tests.changes.factories import again

UNMET = re.compile(
    r'<li class="unmet">.*?<b>(.*?)</b>\s*<p>(.*?)(?: <a .*?)?</p>'
    r'.*?<span class="mono">(\w+)</span>',
    re.DOTALL,
)


class Pages:
    """A browser for everybody who is named."""

    def __init__(self, *people: User) -> None:
        self._clients = {person.pk: Client() for person in people}
        for person in people:
            self.of(person).force_login(person)

    def of(self, person: User) -> Client:
        """Theirs, signed in."""
        return self._clients[person.pk]

    def see(self, person: User, url: str) -> str:
        """The words of a page."""
        answer = self.of(person).get(url)
        assert answer.status_code == 200, answer.content[:300]
        return page_of(answer)

    def press(self, person: User, name: str, *args: object, **said: object):
        """Post what a page of changes asks."""
        url = reverse(f"changes:{name}", args=[getattr(a, "pk", a) for a in args])
        return self.of(person).post(url, said)

    def does(self, person: User, name: str, *args: object, **said: object) -> None:
        """Post it, and it is taken."""
        answer = self.press(person, name, *args, **said)
        assert answer.status_code == 302, answer.content.partition(b"<main")[2]

    def start(self, person: User, promotion: Promotion) -> Promotion:
        """Pressed on the run sheet, and it runs."""
        self.does(person, "promotion_start", promotion)
        promotion = again(promotion)
        assert promotion.state == "running"
        return promotion

    def vote(
        self,
        person: User,
        request: ApprovalRequest,
        decision: str = "approve",
        comment: str = "",
    ) -> HttpResponse:
        """On exactly what is asked about."""
        return self.press(
            person,
            "approval_vote",
            request,
            decision=decision,
            comment=comment,
            revision=request.revision,
            sha256=request.sha256,
        )

    def say(
        self,
        tester: User,
        change: ChangeRequest,
        environment: object,
        verdict: str,
        **more: object,
    ) -> HttpResponse:
        """A verdict on what runs in an environment, for Finance."""
        return self.press(
            tester,
            "sign_off",
            change,
            environment=environment.pk,
            area="Finance",
            verdict=verdict,
            **more,
        )

    def carry_out(self, person: User, promotion: Promotion) -> Promotion:
        """Every step, the right digest, every check: it has succeeded."""
        self.do_steps(person, promotion)
        brought = again(promotion).brings_sha256
        self.does(person, "promotion_report", promotion, sha256=brought)
        self.do_steps(person, promotion)
        self.does(person, "promotion_succeed", promotion)
        promotion = again(promotion)
        assert promotion.state == "succeeded"
        return promotion

    def do_steps(self, person: User, promotion: Promotion) -> None:
        """The steps of the state it is in, one by one."""
        is_checking = again(promotion).state == "verifying"
        for step in promotion.steps.filter(done_at=None).order_by("ordinal"):
            if (step.kind == "postcheck") == is_checking:
                self.does(
                    person,
                    "promotion_step",
                    promotion,
                    ordinal=step.ordinal,
                    evidence="Seen.",
                )

    def refused(self, person: User, promotion: Promotion) -> dict[str, "Unmet"]:
        """The gates that refuse a start, as the page tells them; no row differs."""
        before = facts()
        answer = self.press(person, "promotion_start", promotion)
        assert answer.status_code == 409
        assert facts() == before
        unmet = unmet_in(answer)
        said = " ".join(gate.detail for gate in unmet.values())
        assert f"<b>Not now.</b> {said}</span>" in page_of(answer)
        return unmet


class Unmet(NamedTuple):
    """A gate as a page shows it."""

    detail: str
    clear: str


def page_of(answer: HttpResponse) -> str:
    """The words of a page, as they are read."""
    return unescape(answer.content.decode())


def unmet_in(answer: HttpResponse) -> dict[str, Unmet]:
    """The gates it tells are not met, by code."""
    return {code: Unmet(*said) for *said, code in UNMET.findall(page_of(answer))}


def facts() -> list[tuple[str, str]]:
    """A digest of every row of changes, approvals, duties, messages and places."""
    with connection.cursor() as cursor:
        cursor.execute(_digests())
        return sorted(cursor.fetchall())


@cache
def _digests() -> str:
    kept = "changes_", "environments_", "core_approval", "core_vote", "core_duty"
    names = [
        name
        for name in connection.introspection.table_names()
        if name.startswith((*kept, "core_notification", "core_message"))
    ]
    each = "SELECT '{0}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {0} t"
    return " UNION ALL ".join(each.format(name) for name in names)


def stop_the_clock(at: datetime) -> None:
    """Until the test is rolled back the database's clock says this, to everybody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz"
            " LANGUAGE sql AS $$ SELECT %s::timestamptz $$",
            [at],
        )
        cursor.execute("SET LOCAL search_path = public, pg_catalog")
