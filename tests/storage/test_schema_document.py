"""The documentation of the schema is the schema."""

from __future__ import annotations

from storage.database import Database, Role
from tests.storage.schema_document import PATH, write


def test_the_document_is_up_to_date(untouched: Database) -> None:
    """docs/schema.md is what its generator writes."""
    with untouched.begin(Role.WRITER) as connection:
        assert PATH.read_text(encoding="utf-8") == write(connection)
