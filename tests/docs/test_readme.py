"""What the README says works: its commands are run, its links lead somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import embedded
from tests.lib.closed_api import closed_api
from tests.lib.installation import ROOT, Installation

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
    if line
]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").glob("*/README.md")])


@pytest.fixture(scope="module")
def stranger() -> Iterator[Installation]:
    """Return the installation of somebody who follows the README line by line."""
    home = Path(tempfile.mkdtemp(prefix="cordon-readme-"))
    shutil.copytree(ROOT / "examples", home / "examples")
    (home / ".venv/bin").mkdir(parents=True)
    (home / ".venv/bin/cordon").symlink_to(Path(sys.executable).parent / "cordon")
    with closed_api(api_key=None) as on_prem, closed_api() as closed:
        try:
            yield Installation(home=home, on_prem=on_prem, closed=closed)
        finally:
            embedded.stop(home / ".cordon")
            shutil.rmtree(home)


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith(".venv/bin/cordon")])
def test_every_command_works_in_the_order_of_the_page(stranger: Installation, command: str) -> None:
    """Each command of the README ends with exit code 0 and says something."""
    ended = subprocess.run(
        ["bash", "-c", command],
        env=stranger.environment,
        cwd=stranger.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout or ended.stderr or ">" in command


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("make")])
def test_every_make_target_exists(command: str) -> None:
    """What the README asks make for is a target of the Makefile."""
    subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


def test_there_is_no_other_kind_of_command() -> None:
    """A command that no test runs does not stand in the README."""
    assert [line for line in COMMANDS if not line.startswith((".venv/bin/cordon ", "make "))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that is there."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_glossary_has_every_word_of_the_states() -> None:
    """The words that the database's states are about are explained."""
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    for word in ("run", "chunk", "document", "intent"):
        assert f"**{word}**" in glossary
