import re

import pytest

from opsdesk.core import charts
from opsdesk.core.charts import marks
from tests.markup import Page, assert_no_inline

NASTY = '"><img src=x onerror=alert(1)>|x'
WEEKS = ["7 Sep", "14 Sep", "21 Sep"]
PARTS = [charts.Part("Critical", "p1"), charts.Part("High", "p2")]


def every_chart(label="Production", href=""):
    """One of each, with a label somebody typed."""
    hrefs = [href] * 3
    part_hrefs = (href, href) if href else ()
    spread = charts.spread_of(label, label, 4, [1, 2, 3, 9], href)
    return {
        "trend": charts.trend(
            label,
            [label, *WEEKS[1:]],
            [charts.Line(label, [88, None, 96])],
            hrefs=hrefs,
        ),
        "stacked": charts.stacked(
            label, PARTS, [charts.Column(label, (2, 3), href, part_hrefs)]
        ),
        "combo": charts.combo(label, [charts.Week(label, 5, 3, 2, href)]),
        "ageing": charts.ageing(
            label, PARTS, [charts.Row(label, (1, 0), href, part_hrefs)]
        ),
        "ranking": charts.ranking(label, [charts.Rank(label, 9, 1, href, href)]),
        "heat": charts.heat(
            label,
            [charts.Strip(label, [charts.Day(label, 99.95, href)], 99.95, 99.9, href)],
        ),
        "distribution": charts.distribution(label, [spread]),
    }


KINDS = sorted(every_chart())


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_clean_and_names_are_escaped(kind):
    page = assert_no_inline(every_chart(NASTY)[kind])

    assert not page.all("img")
    drawn = [attrs for attrs in page.all("svg") if "aria-hidden" not in attrs]
    assert all("aria-label" in a for a in drawn if "role" in a)


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_in_a_table(kind):
    page = Page(every_chart()[kind])

    assert page.all("details")
    assert page.all("td")


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_leads_somewhere_by_keyboard(kind):
    page = Page(every_chart(href="/snags/?week=1")[kind])

    links = page.all("a")
    assert links
    assert all(a["href"] == "/snags/?week=1" and "tabindex" not in a for a in links)
    holding = [a for a in page.all("svg") if a.get("role") == "img"]
    assert kind == "distribution" or not holding


EMPTY = [
    lambda: charts.trend("T", WEEKS, [charts.Line("A", [None, None, None])]),
    lambda: charts.trend("T", [], []),
    lambda: charts.stacked("T", PARTS, []),
    lambda: charts.stacked("T", PARTS, [charts.Column("a", (0, 0))]),
    lambda: charts.combo("T", []),
    lambda: charts.ageing("T", PARTS, []),
    lambda: charts.ranking("T", []),
    lambda: charts.heat("T", []),
    lambda: charts.heat("T", [charts.Strip("a", [charts.Day("d", None)], None)]),
    lambda: charts.distribution("T", []),
]


@pytest.mark.parametrize("chart", EMPTY)
def test_nothing_to_show_is_said_and_not_drawn(chart):
    page = Page(chart())

    assert page.all("p") == [{"class": "nochart"}]
    assert not page.all("svg")


def test_a_line_breaks_where_nothing_was_measured():
    shown = charts.trend(
        "T", list("abcde"), [charts.Line("A", [90, 91, None, 93, None])]
    )

    lines = re.findall(r'<polyline class="line c-s0" points="([^"]*)"', shown)
    assert [len(points.split()) for points in lines] == [2, 1]
    assert shown.count('class="dot c-s0"') == 1
    assert "A: –" in shown


def test_a_trend_says_its_latest_and_its_target():
    shown = charts.trend(
        "Kept", WEEKS, [charts.Line("A", [80, 90, 96.5])], axis=charts.Axis(target=95)
    )

    assert 'aria-label="Kept. Latest: A 96.5%, target 95%"' in shown
    assert "Target 95%" in shown


def test_points_stay_inside_the_plot():
    shown = charts.trend("T", WEEKS, [charts.Line("A", [0, 50, 100])])

    ys = [
        float(point.split(",")[1])
        for points in re.findall(r'points="([^"]*)"', shown)
        for point in points.split()
    ]
    assert min(ys) >= 0
    assert max(ys) <= 100


def test_a_stack_ends_where_its_total_does():
    columns = [charts.Column("a", (10, 30)), charts.Column("b", (0, 20))]

    shown = charts.stacked("T", PARTS, columns)

    bars = re.findall(r'class="bar (c-p\d)".*? y="([\d.]+)%" height="([\d.]+)%"', shown)
    assert bars == [("c-p2", "25", "75"), ("c-p1", "0", "25"), ("c-p2", "50", "50")]
    assert "From 40 in a to 20 in b" in shown


def test_what_was_not_measured_is_hollow_not_red():
    days = [charts.Day("1 Nov", None), charts.Day("2 Nov", 96.0), charts.Day("3", 100)]

    shown = charts.heat("T", [charts.Strip("Live", days, 98, 99)])

    assert re.findall(r'<rect class="([^"]+)"[^>]*data-tip', shown) == [
        "unmeasured",
        "c-u4",
        "c-u0",
    ]
    assert "1 Nov|unmeasured:Live: not measured" in shown


def test_a_share_is_judged_against_its_target():
    ranks = [charts.Rank("A", 95, 5), charts.Rank("B", 94, 6), charts.Rank("C", 0, 0)]

    shown = charts.ranking("T", ranks, target=95)

    assert re.findall(r'class="val ([^"]*)">([^<]*)', shown) == [
        ("good", "95%"),
        ("bad", "94%"),
        ("", "–"),
    ]


@pytest.mark.parametrize(
    ("met", "missed", "said"),
    [(996, 4, "99%"), (9_999, 1, "99%"), (7, 0, "100%"), (29, 71, "29%"), (0, 3, "0%")],
)
def test_only_a_full_share_says_a_hundred(met, missed, said):
    assert charts.Rank("A", met, missed).share == said


def test_a_spread_nearly_within_its_target_does_not_say_a_hundred():
    nearly = charts.spread_of("A", "", 4, [1] * 299 + [9])

    shown = charts.distribution("T", [nearly], unit="h")

    assert ">99%<" in shown
    assert "99% within target" in shown


def test_percentiles_are_those_of_a_spreadsheet():
    spread = charts.spread_of("A", "", 4, [1, 2, 3, 4, 10])

    assert (spread.low, spread.median, spread.within) == (2, 3, 80)
    assert spread.high == pytest.approx(7.6)
    assert charts.spread_of("A", "", 4, []) is None


@pytest.mark.parametrize(
    ("low", "high", "whole", "ticks"),
    [
        (0, 21, True, [0, 10, 20, 30]),
        (0, 1, True, [0, 1]),
        (0, 0, True, [0, 1]),
        (70, 100, False, [70, 80, 90, 100]),
        (0, 0.3, False, [0, 0.1, 0.2, 0.3]),
        (0, 1234, True, [0, 500, 1000, 1500]),
    ],
)
def test_axes_end_on_round_numbers(low, high, whole, ticks):
    axis = marks.scale(low, high, ticks=3 if low else 4, whole=whole)

    assert [round(tick, 6) for tick in axis.ticks()] == ticks


def test_an_unknown_colour_is_a_bug():
    with pytest.raises(LookupError, match="pink"):
        charts.spark([1, 2], "pink")


def test_a_spark_of_one_value_draws_nothing():
    assert "polyline" not in charts.spark([5])
    assert "polyline" not in charts.spark([None, 5])
    assert "polyline" in charts.spark([5, 5])
