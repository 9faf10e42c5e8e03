"""Who says that a page is accessible would have seen it if it were not."""

import re

import pytest
from django.urls import reverse

from opsdesk.local.places import BASE_DIR
from tests.browser.driving import assert_accessible_in_every_look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STYLE = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""
SHEETS = sorted((BASE_DIR / "opsdesk/static/opsdesk/css").glob("*.css"))


def test_night_changes_colours_and_nothing_else():
    styles = "".join(path.read_text() for path in SHEETS)
    by_theme = re.findall(r"\[data-theme[^{]*{\s*([^}]*?)\s*}", styles)

    assert by_theme == ["color-scheme: light;", "color-scheme: dark;"]
    assert "light-dark(" in styles  # which gives a colour, and can give nothing else
    assert "prefers-color-scheme" not in styles


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("@media (prefers-color-scheme: dark) { h1 { color: #222 } }", "contrast"),
        ("@media (max-width: 500px) { main { width: 900px } }", "px wide"),
        ("@media (min-width: 500px) { label { display: none } }", "label"),
    ],
    ids=["by night", "on a phone", "by day"],
)
def test_a_fault_of_one_look_alone_is_found(visit, fault, found):
    with visit() as page:
        page.goto(reverse("account_login"))
        assert_accessible_in_every_look(page)

        page.evaluate(STYLE, fault)

        with pytest.raises(AssertionError, match=found):
            assert_accessible_in_every_look(page)
