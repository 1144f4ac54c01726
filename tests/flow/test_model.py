"""The whole job with the real on-prem model: vLLM on the CPU, serving what `models/clerk` ships."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from flows import local, services
from flows.settings import load_settings
from pipeline.tasks import parse_task, read_shipped_task
from tests.lib.closed_api import closed_api
from tests.lib.installation import ROOT, Installation

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.timeout(420)]

DOCUMENTS = ROOT / "examples" / "documents"


@pytest.fixture(scope="module")
def cordon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return an installation without CORDON_ON_PREM_URL: the command itself starts the shipped model."""
    if not (ROOT / ".venv-model" / "bin" / "python").exists():
        pytest.fail(".venv-model is missing: run `make setup`. These tests are never skipped.")
    home = tmp_path_factory.mktemp("model")
    with closed_api() as stand_in:
        installation = LocalModel(home=home, on_prem=stand_in, closed=stand_in)
        try:
            yield installation
        finally:
            installation("down")


class LocalModel(Installation):
    """An installation whose on-prem model is the local vLLM."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment without an address of an on-prem model."""
        ours = super().environment
        del ours["CORDON_ON_PREM_URL"], ours["CORDON_ON_PREM_MODEL"]
        return ours


def test_the_shipped_model_does_the_whole_job(cordon: Installation) -> None:
    """The examples are answered by vLLM and the stand-in, by answers that fit the schema."""
    summary = cordon("run", str(DOCUMENTS), "--json", code=None).last
    assert summary["state"] == "done"
    counts = {name: int(str(summary[name])) for name in ("documents", "processed", "failed", "withheld")}
    asked = counts["documents"] - int(str(summary["quarantined"])) - int(str(summary["skipped"]))
    lines = cordon("results", "--json").lines
    codes = [line["reason"] for line in lines if line["state"] == "failed"]
    assert counts["processed"] + counts["failed"] == asked, counts
    assert all(codes)
    assert counts["processed"] >= 0.9 * asked, codes
    stayed = [line for line in lines if line["route"] == "on_prem"]
    on_prem = [line for line in stayed if line["state"] == "processed"]
    assert len(on_prem) >= 0.9 * len(stayed) > 0, (len(on_prem), len(stayed), codes)
    schema = json.loads(
        json.dumps(parse_task(read_shipped_task("triage"), name="triage").answer, default=dict)
    )
    for line in lines:
        if line["state"] == "processed" and line["route"] != "closed_pseudonymised":
            jsonschema.validate(line["answer"], schema)
    # The schema holds for what the model said; a value may be longer than the placeholder that stood for it.
    del schema["properties"]["reason"]["maxLength"]
    for line in lines:
        if line["state"] == "processed":
            jsonschema.validate(line["answer"], schema)
    assert {line["model"] for line in on_prem} == {"clerk"}


def test_the_model_server_tells_its_log_nothing(cordon: Installation) -> None:
    """After a run vLLM's log holds no text of a document, and the server listens on loopback alone."""
    home = cordon.home / ".cordon"
    running = services.find(home, "on_prem")
    assert running is not None
    log = services.log_path(home, "on_prem").read_text(encoding="utf-8", errors="replace")
    for path in sorted(DOCUMENTS.rglob("*.txt")):
        first = path.read_text(encoding="utf-8").strip().splitlines()[0]
        assert first not in log, path.name
    settings = load_settings(cordon.environment)
    command = local.on_prem_model(settings, cordon.environment).command
    assert command[command.index("--host") + 1] == "127.0.0.1"


def test_the_model_server_stops(cordon: Installation) -> None:
    """`cordon down` ends the server and every process of it."""
    home = cordon.home / ".cordon"
    running = services.find(home, "on_prem")
    assert running is not None
    cordon("down")
    assert services.find(home, "on_prem") is None
    assert not services.answers(running)
    assert not Path(f"/proc/{running.pid}").exists()
