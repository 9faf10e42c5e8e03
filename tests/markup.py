"""Reading pages in tests: what is in them, and that the strict CSP would allow it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Every element of a page as (name, attributes), and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.text = ""
        self._script = None
        self.inline_scripts = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._script = tag if tag in {"script", "style"} else None

    def handle_data(self, data):
        if self._script and data.strip():
            self.inline_scripts.append(data.strip())
        else:
            self.text += data

    def handle_endtag(self, tag):
        self._script = None

    def all(self, name):
        return [attrs for tag, attrs in self.elements if tag == name]


def assert_no_inline(html):
    """No style attribute, no inline script or style, no handler: the CSP would balk."""
    page = Page(html)
    for tag, attrs in page.elements:
        bad = {a for a in attrs if a == "style" or a.startswith(("on", "hx-on"))}
        assert not bad, f"<{tag}> carries {bad}"
    assert page.inline_scripts == []
    return page
