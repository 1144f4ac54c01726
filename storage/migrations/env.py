"""Runs the migrations on the connection it is given: one transaction for all of them."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True, version_table="schema_version")
with context.begin_transaction():
    context.run_migrations()
