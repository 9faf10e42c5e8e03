"""What people write, as HTML that can do no harm.

Markdown is stored as typed and made into HTML each time it is shown: raw HTML in it is
text, and what comes out passes an allow-list, so a hole in one is closed by the other.
"""

import re
from collections.abc import Iterator
from functools import cache

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MAX_LENGTH = 64 * 1024
ALLOWED = """
a blockquote br code del em h3 h4 h5 h6 hr li ol p pre s strong
table tbody td th thead tr ul
"""
TAGS = set(ALLOWED.split())
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
ADDRESS = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")
CUT = "\n\n*The rest is longer than a page shows.*"


def to_html(source: str) -> SafeString:
    """Markdown as safe HTML; past 64 kB the rest is left out and said so."""
    text = source if len(source) <= MAX_LENGTH else source[:MAX_LENGTH] + CUT
    clean = nh3.clean(
        _markdown().render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return SafeString(clean)


@cache
def _markdown() -> MarkdownIt:
    options = {"html": False, "linkify": False, "breaks": True, "maxNesting": 20}
    parser = MarkdownIt("commonmark", options)
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.core.ruler.push("below_the_title", _lower_headings)
    parser.core.ruler.push("bare_addresses", _link_addresses)
    return parser


def _lower_headings(state: StateCore) -> None:
    """A comment's heading stays below the page's own."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


def _link_addresses(state: StateCore) -> None:
    """http(s) addresses written out become links, except inside one."""
    for block in state.tokens:
        if block.type == "inline" and "://" in block.content:
            block.children = list(_linked(block.children or []))


def _linked(tokens: list[Token]) -> Iterator[Token]:
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not depth:
            yield from _split(token.content)
        else:
            yield token


def _split(content: str) -> Iterator[Token]:
    start = 0
    for found in ADDRESS.finditer(content):
        yield Token("text", "", 0, content=content[start : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": found[0]})
        yield Token("text", "", 0, content=found[0])
        yield Token("link_close", "a", -1)
        start = found.end()
    yield Token("text", "", 0, content=content[start:])
