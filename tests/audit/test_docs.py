"""The audit documentation says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from storage.audit.events import KINDS
from storage.auditor.archive import SCHEMA
from storage.auditor.verdict import Code

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")


def test_every_kind_of_event_is_documented():
    """The table of events is the one in the code: type, when, required and optional fields."""
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.*?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    documented = {name: (when, required, optional) for name, when, required, optional in rows}

    def names(fields: tuple[str, ...]) -> str:
        return ", ".join(f"`{name}`" for name in fields)

    assert documented == {
        name: (
            kind.when,
            names((*("document",) * kind.has_document, *("run",) * kind.has_run, *kind.required)),
            names(kind.optional),
        )
        for name, kind in KINDS.items()
    }


def test_the_export_is_documented():
    """Every column of an export and every answer of the verifier is explained."""
    assert all(f"`{name}`" in PAGE for name in (*SCHEMA.names, *(code.value for code in Code)))
