"""What a page looks like to people, and what a machine can say against it."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults

RULES = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ],
    "resultTypes": ["violations"],  # describing all that is well takes longest
    "elementRef": False,
}
COLOUR_RULES = {**RULES, "runOnly": ["color-contrast", "link-in-text-block"]}
# Told in one answer, and without the long list of what is well.
JUDGED = """async (rules) => {
  const { url, violations } = await axe.run(rules);
  return { url, violations, width: document.documentElement.scrollWidth };
}"""
LOOKS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


def assert_accessible(page, rules=RULES):
    """No violation of WCAG 2.2 AA that a machine can find; nothing wider than it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(JUDGED, rules))
    assert found.response["violations"] == [], found.generate_report()
    width = found.response["width"]
    assert width <= page.viewport_size["width"], f"{width} px wide"


def assert_accessible_in_every_look(page):
    """By day, by night and on a phone.

    The page changes its look while it is open: looks are style sheets alone, no script
    asks for a width or a colour, so a fresh visit would show the same. Night changes
    colours and nothing else (see test_driving), so rules about colours are asked there.
    """
    for name, look in LOOKS.items():
        page.set_viewport_size(look["viewport"])
        page.emulate_media(color_scheme=look["color_scheme"])
        assert_accessible(page, COLOUR_RULES if name == "dark" else RULES)


def assert_all_accessible(page, *paths):
    """Each of these pages, in every look."""
    page.add_init_script(AXE_SCRIPT)  # compiled once for all of them
    for path in paths:
        page.goto(path)
        assert_accessible_in_every_look(page)
