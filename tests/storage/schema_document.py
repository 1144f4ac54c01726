"""Writes docs/schema.md from the migrated database and the code: `python -m tests.storage.schema_document`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy import Connection, text

from storage import embedded
from storage.database import Database, Role
from storage.parts import COLUMNS
from storage.states import NOUNS, diagram

PATH = Path(__file__).parents[2] / "docs" / "schema.md"

_HEAD = """\
# What is stored, and how

Written by `python -m tests.storage.schema_document`; a test compares it with the migrated database.

Content is never stored in plain. Answers and references are sealed (AES-256-GCM) under a key of their own
document, which is kept wrapped in `keys.doc_key`; where files are is sealed under the installation's key. A
record that comes twice in a run has two rows in `work.document`, by its place, and one of them is the copy.

## States

Each arrow is one transaction together with the audit event named beside it.
"""

_PARQUET = """
## Parquet results

`results/run_date=YYYY-MM-DD/route=ROUTE/RUN-CHUNK.parquet` under `CORDON_HOME`: zstd, dictionary-encoded,
written whole or not at all, one row a document. `run_date` and `route` are in the path and, for a file on its
own, in its metadata (`cordon.run_date`, `cordon.route`). What was skipped is in the part of the run that did
it. The digest of each file is in `work.part` and in the `chunk.done` event of the audit log.

"""

_QUERIES = """
Documents by night, route and level, in DuckDB:

```sql
SELECT run_date, route, level, count(*) AS documents,
       count(*) FILTER (WHERE state = 'processed') AS processed,
       coalesce(sum(cost_microusd), 0)::bigint AS cost_microusd
FROM read_parquet('results/*/*/*.parquet', hive_partitioning = true)
GROUP BY ALL ORDER BY ALL;
```

Tokens by model, in pandas:

```python
import pandas as pd

results = pd.read_parquet("results")
tokens = results.groupby("model", observed=True)[["prompt_tokens", "completion_tokens"]].sum()
```
"""


def write(connection: Connection) -> str:
    """Return the document for the schema that `connection` sees."""
    parts = [_HEAD]
    parts += [f"\n### {noun}\n\n```mermaid\n{diagram(noun)}```\n" for noun in NOUNS]
    parts.append("\n## Tables\n")
    for schema in ("work", "keys", "audit"):
        parts += [_table(connection, schema, name) for name in _tables(connection, schema)]
    parts += [_PARQUET, "| column | type | is |\n|---|---|---|\n"]
    parts += [f"| `{name}` | {kind} | {meaning} |\n" for name, (kind, meaning) in COLUMNS.items()]
    return "".join([*parts, _QUERIES])


def _tables(connection: Connection, schema: str) -> list[str]:
    return list(
        connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(:schema)"
                " ORDER BY oid"
            ),
            {"schema": schema},
        ).scalars()
    )


def _table(connection: Connection, schema: str, name: str) -> str:
    relation = {"relation": f"{schema}.{name}"}
    comment = connection.scalar(
        text("SELECT obj_description(CAST(:relation AS regclass), 'pg_class')"), relation
    )
    columns = connection.execute(
        text(
            "SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull,"
            " coalesce(col_description(attrelid, attnum), '') AS comment FROM pg_attribute"
            " WHERE attrelid = CAST(:relation AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        ),
        relation,
    )
    lines = [f"\n### {schema}.{name}\n\n", f"{comment}\n\n" if comment else ""]
    lines.append("| column | type | is |\n|---|---|---|\n")
    for column in columns:
        kind = column.type + ("" if column.attnotnull else ", may be null")
        lines.append(f"| `{column.attname}` | {kind} | {column.comment} |\n")
    return "".join(lines)


def main() -> None:
    """Write the document, from a database made for it."""
    with tempfile.TemporaryDirectory(prefix="cordon-schema-") as folder:
        database = Database(embedded.start(Path(folder)), embedded=True)
        database.migrate()
        with database.begin(Role.WRITER) as connection:
            PATH.write_text(write(connection), encoding="utf-8")
        database.dispose()
        embedded.stop(Path(folder))


if __name__ == "__main__":
    main()
