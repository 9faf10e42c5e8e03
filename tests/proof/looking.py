"""What each of the cast finds at an address, asked once however many tests want it.

Every test begins with the same rows, and each that looks sees for itself that looking
changed none: so a page is what it was when somebody looked before.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import partial
from html import unescape

from django.core.signals import got_request_exception
from django.test import Client

from tests.proof.secrets import words_in

# Our templates write every attribute in double quotes.
LINK = re.compile(r'\s(?:href|hx-get|data-get|src)="([^"]+)"')


class Door(Client):
    """Django's own client, without a copy of what each template was given.

    A page is made of some fifty templates. A crash is an answer here: 500.
    """

    def request(self, **request):
        environ = self._base_environ(**request)
        crashed = f"crashed-{id(environ)}"
        got_request_exception.connect(self.store_exc_info, dispatch_uid=crashed)
        try:
            answer = self.handler(environ)
        finally:
            got_request_exception.disconnect(dispatch_uid=crashed)
        answer.exc_info, self.exc_info = self.exc_info, None
        answer.json = partial(self._parse_json, answer)
        self.cookies.update(answer.cookies)
        return answer


@dataclass(frozen=True)
class Look:
    """All that anybody wants to know of an answer; the answer itself is let go."""

    code: int
    location: str
    etag: str
    links: tuple[str, ...]
    start: str  # as much as a failing test shows
    digest: bytes
    words: frozenset[str] = frozenset()  # of those to be kept from somebody
    entered: frozenset[str] = frozenset()  # the routes whose view was reached


def look_at(answer, body: bytes, **known) -> Look:
    """What the answer is, whose body has been read."""
    is_page = answer.get("Content-Type", "").startswith("text/html")
    links = dict.fromkeys(LINK.findall(body.decode())) if is_page else ()
    crash = answer.exc_info
    return Look(
        code=answer.status_code,
        location=answer.get("Location", ""),
        etag=answer.get("ETag", ""),
        links=tuple(map(unescape, links)),
        start=repr(crash[1] if crash else body)[:300],
        digest=hashlib.sha256(body).digest(),
        **known,
    )


def read(answer) -> bytes:
    """Its body; a file that was streamed is read to its end and closed."""
    return answer.getvalue() if answer.streaming else answer.content


class Looks:
    """The cast at their doors, and what they have seen there."""

    def __init__(self, world, doors, entered: set[str]) -> None:
        self.world, self.doors, self.entered = world, doors, entered
        self.known: dict[tuple[str, str], Look] = {}

    def at(self, name: str, url: str) -> Look:
        """What this person finds at an address."""
        if (name, url) not in self.known:
            self.known[name, url] = self.ask(name, "get", url)
        return self.known[name, url]

    def ask(self, name: str, method: str, url: str, **said) -> Look:
        """The answer to what this person says, signed in as before after it."""
        client = self.doors[name]
        cookies = client.cookies.copy()
        self.entered.clear()
        try:
            answer = getattr(client, method)(url, **said)
        finally:
            client.cookies = cookies
        body, entered = read(answer), frozenset(self.entered)
        words = words_in(self.world, name, body)
        return look_at(answer, body, words=words, entered=entered)
