"""A real Chromium for the pages, strict about noise; a person is signed in at once."""

import os
import shutil
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from tests.browser.driving import LOOKS

# The first draws pages alone, no window around them: half the work for the same page.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-gpu-compositing",
    "--disable-software-rasterizer",
    "--num-raster-threads=1",
    # A page lives for a second: compiling its scripts well takes longer than it saves,
    # and its litter may lie until it closes.
    "--js-flags=--no-turbofan,--no-maglev,--min-semi-space-size=16",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Refusals we provoke, and Chromium's own remark on leaving a page mid-transition.
EXPECTED = ("status of 4", "Transition was")


@pytest.fixture(scope="package")
def chromium():
    """One browser for all; skipped where there is none, unless CI forbids it."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and not os.environ.get("OPSDESK_REQUIRE_BROWSER"):
        pytest.skip("No Chromium here; OPSDESK_REQUIRE_BROWSER=1 forbids this.")
    # Playwright's loop lives in this thread; the ORM is used between its calls only.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(chromium, live_server):
    """with visit(look="phone") as page: a stranger's page, silent to the end."""

    @contextmanager
    def visited(*, look="light", scripts=True, cookies=()):
        context = chromium.new_context(
            base_url=live_server.url,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            **LOOKS[look],
        )
        context.add_cookies(list(cookies))
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

    return visited


@pytest.fixture
def sign_in(visit, live_server):
    """with sign_in(rob, look="phone") as page: a page of theirs."""

    def signed_in(user, **how):
        client = Client()
        client.force_login(user)
        key = settings.SESSION_COOKIE_NAME
        cookie = {"name": key, "value": client.cookies[key].value}
        return visit(cookies=[{**cookie, "url": live_server.url}], **how)

    return signed_in
