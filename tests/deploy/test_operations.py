"""docs/operations.md and .env.example against the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r"\bCORDON_[A-Z_]+[A-Z]\b")


def test_every_variable_is_documented():
    """The table of the environment names exactly the variables that the settings read."""
    read = set(VARIABLE.findall((ROOT / "flows/settings.py").read_text(encoding="utf-8")))
    rows = (ROOT / "docs/operations.md").read_text(encoding="utf-8").splitlines()
    documented = {
        name for row in rows for name in VARIABLE.findall(row.split("|")[1] if row.startswith("|") else "")
    }
    assert documented == read


def test_the_example_names_what_compose_reads():
    """.env.example offers every variable that docker-compose.yml takes from it, and no other."""
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    offered = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert offered == asked
