"""A real browser, and an installation to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.lib.local_services import Installation, installed

_SILENT = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium; without one the area is skipped, except in CI, where it has to be there."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no chromium on this machine")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=[*_SILENT])
        yield running
        running.close()


@pytest.fixture(scope="session")
def installation(browser: Browser) -> Iterator[Installation]:
    """Return a running installation that starts nothing by itself."""
    with installed(cron="0 2 1 1 *") as one:
        yield one


@pytest.fixture
def asked() -> list[str]:
    """Return the hosts that the page asked for something."""
    return []


@pytest.fixture
def page(browser: Browser, asked: list[str]) -> Iterator[Page]:
    """Return an empty page of a browser without history."""

    def note(request: Request) -> None:
        asked.append(request.url)

    context = browser.new_context(viewport={"width": 1300, "height": 1100})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.on("request", note)
    yield opened
    context.close()
