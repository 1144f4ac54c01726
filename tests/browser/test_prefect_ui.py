"""What an operator sees: the form that starts a night, its page, and the plot."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.lib.local_services import Installation

pytestmark = [pytest.mark.browser, pytest.mark.prefect, pytest.mark.slow]

FIELDS = {
    "Source": "What to read, as the worker sees it",
    "Policy": "The law to decide by",
    "Task": "What the models are asked",
    "Again": "Also do documents that already have a result",
}


def test_a_night_is_started_and_watched_in_the_browser(
    page: Page, asked: list[str], installation: Installation
):
    """The form explains its fields and offers what may be chosen; the run's page tells how it ended."""
    page.goto(f"{installation.ui}/deployments/deployment/{installation.deployment()['id']}/run")
    for title in FIELDS:
        expect(page.get_by_text(re.compile(rf"^{title}( \(Optional\))?$")).first).to_be_visible()
    page.get_by_role("button", name="configured").focus()
    page.keyboard.press("Space")
    for name in ("default", "hipaa", "gdpr", "pci"):
        expect(page.get_by_role("option", name=name)).to_be_visible()
    page.get_by_role("option", name="gdpr").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("scheduled", exact=False).first).to_be_visible()

    runs = installation.api("POST", "/flow_runs/filter", sort="EXPECTED_START_TIME_DESC").json()
    (started,) = [run for run in runs if not run["auto_scheduled"]]
    ended = installation.ended(started["id"])
    assert ended["parameters"]["policy"] == "gdpr"
    page.goto(f"{installation.ui}/runs/flow-run/{started['id']}")
    expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    page.get_by_text("Details", exact=True).click()
    expect(page.get_by_text("1 documents: 1 processed").first).to_be_visible()

    plots = installation.api("POST", "/artifacts/filter", artifacts={"key": {"any_": ["nights"]}}).json()
    page.goto(f"{installation.ui}/artifacts/artifact/{plots[0]['id']}")
    image = page.locator("img[src^='data:image/png']")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") > 500
    assert {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))} == {
        "127.0.0.1"
    }
