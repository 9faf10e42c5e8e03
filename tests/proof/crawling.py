"""Going wherever the pages lead, as a person who clicks on everything would."""

import re
from collections import Counter, deque
from functools import cache
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

from tests.proof.conftest import read

START = ("/", "/inbox/", "/snags/mine/", "/profile/")
# Our templates write every attribute in double quotes.
LINK = re.compile(r'\s(?:href|hx-get|data-get|src)="([^"]+)"')


def crawl(client, *, each=3, start=START, within="/"):
    """{address: answer} of everything within reach; of alike pages only a few.

    How a page is asked (sorted, filtered, turned) is tried once for each way to ask.
    Pages that are not within the address given are read, and left at that.
    """
    found, seen, waiting = {}, Counter(), deque(start)
    while waiting:
        url = waiting.popleft()
        name = _page(url)
        most = 1 if "?" in (name or "") else each
        if url in found or not name or seen[name] >= most:
            continue
        seen[name] += 1
        answer = found[url] = read(client.get(url))
        if answer.status_code == 302:
            waiting.append(urljoin(url, answer["Location"]))
        elif url.startswith(within) and _is_html(answer):
            links = map(unescape, LINK.findall(answer.body.decode()))
            waiting += [urljoin(url, link).partition("#")[0] for link in links]
    return found


def _is_html(answer):
    return answer.get("Content-Type", "").startswith("text/html")


@cache
def _page(url):
    """The route's name and which questions are asked; None for what is not ours."""
    parts = urlsplit(url)
    if parts.netloc or parts.scheme:
        return None
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        return None
    asked = sorted({pair.partition("=")[0] for pair in parts.query.split("&")})
    return f"{name}?{'&'.join(asked)}" if parts.query else name
