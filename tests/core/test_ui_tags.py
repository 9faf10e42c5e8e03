from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from opsdesk.core import markup, wording
from tests.markup import Page, assert_no_inline

NOW = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)
NASTY = '"><img src=x onerror=alert(1)>'


def render(source, path="/", **context):
    request = RequestFactory().get(path)
    return Template(source).render(Context({"request": request, "now": NOW, **context}))


def test_an_unknown_icon_is_a_bug():
    with pytest.raises(LookupError, match="no-such-icon"):
        markup.icon("no-such-icon")


def test_an_unknown_tone_is_a_bug():
    with pytest.raises(LookupError, match="pink"):
        markup.pill("x", "pink")


@pytest.mark.parametrize(
    "piece",
    [
        lambda: markup.avatar(SimpleNamespace(name=NASTY, initials="<b", hue=1)),
        lambda: markup.prio(1, NASTY),
        lambda: markup.status("new", NASTY),
        lambda: markup.status(NASTY),
        lambda: markup.pill(NASTY),
        lambda: markup.sla(wording.Deadline("ok", NASTY, word=NASTY)),
        lambda: markup.kbd(NASTY),
    ],
)
def test_what_people_named_things_is_escaped(piece):
    page = assert_no_inline(piece())

    assert not page.all("img")


def test_a_person_has_a_face_and_nobody_has_an_outline():
    ada = SimpleNamespace(name="Ada Wong", initials="AW", hue=3)

    assert 'class="av h3 lg"' in render("{% avatar ada 'lg' %}", ada=ada)
    assert "Ada Wong" in Page(markup.avatar(ada)).text
    assert "Nobody yet" in Page(markup.avatar(None)).text


def test_a_state_is_told_by_shape_colour_and_word():
    shown = render("{% status 'in_progress' 'In progress' %}")

    assert "t-amber" in shown
    assert "#st-in_progress" in shown
    assert "In progress" in shown
    assert "#circle-dot" in render("{% status 'promoted' 'Promoted' 'green' %}")


def test_a_running_promise_ticks_and_a_paused_one_does_not():
    due = NOW + timedelta(minutes=81)

    running = markup.sla(wording.deadline("risk", due, NOW, percent=84))
    paused = markup.sla(wording.deadline("paused", due, NOW))

    clock = Page(running).all("time")[0]
    assert clock == {"data-count": None, "datetime": due.isoformat()}
    assert Page(running).text == "1 h 21 mleft"
    assert not Page(paused).all("time")
    assert Page(markup.sla(wording.deadline("none", None, NOW))).text == "No target"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 m"),
        (-1560, "26 m"),
        (3900, "1 h 05 m"),
        (4860, "1 h 21 m"),
        (86_399, "23 h 59 m"),
        (187_200, "2 d 4 h"),
    ],
)
def test_lengths_of_time_are_short(seconds, text):
    assert wording.span(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (318_400, "318 KB"),
        (999_600, "1.0 MB"),
        (1_440_000, "1.4 MB"),
        (26_214_400, "26 MB"),
        (3 * 10**12, "3.0 TB"),
    ],
)
def test_sizes_are_short(size, text):
    assert wording.file_size(size) == text


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0, "10:42 today"),
        (-24, "10:42 yesterday"),
        (24, "10:42 tomorrow"),
        (-72, "Fri 10:42"),
        (-24 * 40, "14 Oct 11:42"),
        (24 * 60, "22 Jan 2027 10:42"),
    ],
)
def test_moments_are_said_as_people_say_them(hours, text):
    with timezone.override("Europe/London"):
        assert wording.moment(NOW + timedelta(hours=hours), NOW) == text


def test_moments_are_in_the_readers_zone():
    with timezone.override("Asia/Tokyo"):
        shown = render("{% moment at %}", at=NOW)

    assert ">19:42 today<" in shown
    assert "19:42 JST" in shown


def test_ago_gets_coarser():
    texts = [
        wording.ago(NOW - timedelta(minutes=m), NOW) for m in (0, 4, 130, 2000, 40_000)
    ]
    assert texts == ["now", "4 min", "2 h", "1 d", "26 Oct"]


def test_counts_and_their_nouns():
    assert wording.several(1, "snag") == "1 snag"
    assert render("{{ 4|several:'duty,duties' }}") == "4 duties"


@pytest.mark.parametrize(
    ("names", "said"),
    [("", ""), ("A", "A"), ("AB", "A and B"), ("ABC", "A, B and C")],
)
def test_names_are_listed_as_in_a_sentence(names, said):
    assert wording.listed(list(names)) == said
    assert render("{{ 99|capped }} {{ 100|capped }}") == "99 100+"


def test_a_query_string_is_edited_not_rebuilt():
    shown = render("{% qs page=2 q=None %}", path="/?q=a&status=new&status=waiting")

    assert shown == "?status=new&amp;status=waiting&amp;page=2"
    assert render("{% qs q='' %}", path="/?q=a") == "?"


def test_a_page_that_does_not_exist_yet_is_an_empty_address():
    assert render("{% route 'no:such' %}") == ""
    assert render("{% route 'home' %}") == "/"


def test_each_form_token_is_new():
    shown = Page(render("{% form_token %}{% form_token %}")).all("input")

    assert [field["name"] for field in shown] == ["form_token"] * 2
    assert shown[0]["value"] != shown[1]["value"]


def test_the_pager_keeps_the_filters_and_is_silent_on_one_page():
    many = Paginator(range(120), 50).get_page(2)

    shown = Page(render("{% pager page %}", path="/?q=a&page=2", page=many))

    assert [a["href"] for a in shown.all("a")] == ["?q=a&page=1", "?q=a&page=3"]
    assert "51–100 of 120" in shown.text
    one = Paginator(range(3), 50).get_page(1)
    assert render("{% pager page %}", page=one).strip() == ""


def test_an_empty_state_says_what_to_do():
    shown = Page(render("{% empty 'inbox' 'Nothing' 'Why.' 'Log a snag' '/new/' %}"))

    assert [a["href"] for a in shown.all("a")] == ["/new/"]
    assert "Why." in shown.text
