"""A real Chromium for the pages of snags: signed in at once, and strict about noise."""

import os
import shutil
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ]
}
# Refusals we provoke, and Chromium's own remark on leaving a page mid-transition.
EXPECTED = ("status of 4", "Transition was")
LOOKS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


@pytest.fixture(scope="module")
def chromium():
    """One browser for a module; skipped where there is none, unless CI forbids it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None and not os.environ.get("OPSDESK_REQUIRE_BROWSER"):
        pytest.skip("No Chromium here.")
    # Playwright's loop lives in this thread; the ORM is used between its calls only.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def sign_in(chromium, live_server):
    """with sign_in(rob, look="phone") as page: a page of theirs, silent to the end."""

    @contextmanager
    def signed_in(user, *, look="light", scripts=True):
        client = Client()
        client.force_login(user)
        context = chromium.new_context(
            base_url=live_server.url,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            **LOOKS[look],
        )
        key = settings.SESSION_COOKIE_NAME
        cookie = {"name": key, "value": client.cookies[key].value}
        context.add_cookies([{**cookie, "url": live_server.url}])
        page = context.new_page()
        noise = []
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on(
            "console",
            lambda said: noise.append(said.text) if said.type == "error" else None,
        )
        yield page
        context.close()
        heard = [line for line in noise if not any(word in line for word in EXPECTED)]
        assert heard == [], heard

    return signed_in


def assert_accessible(page):
    """No violation of WCAG 2.2 AA that a machine can find; nothing wider than it."""
    found = Axe().run(page, options=RULES)
    assert found.response["violations"] == [], found.generate_report()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
