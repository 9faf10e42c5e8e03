import html
import re

import pytest

from opsdesk.core.text import MAX_LENGTH, to_html
from tests.markup import assert_no_inline

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '"><img src=x onerror=alert(1)>',
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src=//evil.example></iframe>",
    "<base href=//evil.example>",
    "<form action=//evil.example><input name=password></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<math><mtext><style><img src=x onerror=alert(1)>",
    "<p style='position:fixed;inset:0'>x</p>",
    "![x](https://evil.example/pixel.png)",
    "<!--<img src=x onerror=alert(1)>-->",
]
ADDRESSES = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x](file:///etc/passwd)",
]
ALLOWED = {"p", "br", "a", "em", "strong", "code", "pre", "ul", "ol", "li", "h3"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_people_type_is_text(payload):
    page = assert_no_inline(to_html(payload))

    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert all(set(attrs) <= {"href", "title", "rel"} for _, attrs in page.elements)


@pytest.mark.parametrize("source", ADDRESSES)
def test_only_web_and_mail_addresses_become_links(source):
    shown = to_html(source)

    hrefs = [html.unescape(h) for h in re.findall(r'href="([^"]*)"', shown)]
    assert all(h.startswith(("http://", "https://", "mailto:")) for h in hrefs), shown


def test_what_markdown_is_for_works():
    shown = to_html("# Head\n\n**bold** `code`\n\n- one\n- two\n\nline\nnext")

    assert "<h3>Head</h3>" in shown
    assert "<strong>bold</strong> <code>code</code>" in shown
    assert shown.count("<li>") == 2
    assert "line<br>" in shown


def test_a_written_address_becomes_a_link_that_tells_nobody_where_from():
    shown = to_html("See https://erp.example/run?id=7&x=1. Thanks")

    assert 'href="https://erp.example/run?id=7&amp;x=1"' in shown
    assert "noreferrer" in shown
    assert ">https://erp.example/run?id=7&amp;x=1</a>. Thanks" in shown


def test_an_address_inside_a_link_or_code_is_left_alone():
    shown = to_html("[https://a.example](https://b.example) `https://c.example`")

    assert re.findall(r'href="([^"]*)"', shown) == ["https://b.example"]


def test_a_novel_is_cut_and_said_so():
    shown = to_html("a" * (MAX_LENGTH + 10))

    assert shown.count("a") < MAX_LENGTH + 60
    assert "longer than a page shows" in shown


def test_deep_nesting_does_not_hang():
    assert to_html(">" * 5000 + "x")
    assert to_html("[" * 5000)
    assert to_html("*a " * 5000)
