"""Going wherever the pages lead, as a person who clicks on everything would."""

from collections import Counter, deque
from functools import cache
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

START = ("/", "/inbox/", "/snags/mine/", "/profile/")


def crawl(look, *, each, start=START, within="/", all_of=frozenset()):
    """{address: look} of everything within reach; of alike pages only a few.

    How a page is asked (sorted, filtered, turned) is tried once for each way to ask.
    Pages that are not within the address given are read, and left at that. Those that
    are wanted all are not counted among the few.
    """
    found, seen, waiting = {}, Counter(), deque(start)
    while waiting:
        url = waiting.popleft()
        name = _page(url)
        most = 1 if "?" in (name or "") else each
        is_wanted = url in all_of
        if url in found or not name or (seen[name] >= most and not is_wanted):
            continue
        seen[name] += not is_wanted
        here = found[url] = look(url)
        if here.code == 302:
            waiting.append(urljoin(url, here.location))
        elif url.startswith(within):
            waiting += [urljoin(url, link).partition("#")[0] for link in here.links]
    return found


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
