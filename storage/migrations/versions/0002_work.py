"""The work: runs, chunks, documents, calls, results, parts; and the keys of documents.

States are guarded twice: a CHECK says which there are, a trigger says which may follow which.
Both are literal here, because a migration is history, and tested against `storage.states`.
"""

from __future__ import annotations

from alembic import op

revision = "0002_work"
down_revision = "0001_audit"
branch_labels = None
depends_on = None

_ROUTES = "('on_prem', 'closed', 'closed_pseudonymised', 'quarantine')"
_LEVELS = "('public', 'internal', 'confidential', 'regulated')"

_RUNS = """
CREATE TABLE work.run (
    run text CONSTRAINT run_pkey PRIMARY KEY,
    state text NOT NULL CONSTRAINT run_state
        CHECK (state IN ('planning', 'running', 'cancelled', 'done', 'failed')),
    run_date date NOT NULL,
    source bytea NOT NULL,
    policy_name text NOT NULL,
    policy_digest text NOT NULL,
    policy_text text NOT NULL,
    task_name text NOT NULL,
    task_digest text NOT NULL,
    task_text text NOT NULL,
    on_prem_model text NOT NULL,
    closed_model text NOT NULL,
    detector text NOT NULL,
    trigger text NOT NULL,
    plan_only boolean NOT NULL,
    again boolean NOT NULL,
    chunks integer,
    documents bigint,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
);
COMMENT ON COLUMN work.run.source IS 'Where the documents come from: sealed, a path can be personal data.';
COMMENT ON COLUMN work.run.policy_text IS 'The policy as it was: a resumed run decides by the same law.';

CREATE TABLE work.chunk (
    run text NOT NULL CONSTRAINT chunk_run REFERENCES work.run,
    chunk integer NOT NULL CONSTRAINT chunk_not_negative CHECK (chunk >= 0),
    state text NOT NULL DEFAULT 'pending' CONSTRAINT chunk_state
        CHECK (state IN ('pending', 'claimed', 'done', 'failed')),
    segments bytea NOT NULL,
    documents integer NOT NULL,
    owner text,
    lease_until timestamptz,
    fence bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    finished_at timestamptz,
    CONSTRAINT chunk_pkey PRIMARY KEY (run, chunk),
    CONSTRAINT chunk_claim CHECK ((state = 'claimed') = (owner IS NOT NULL AND lease_until IS NOT NULL))
);
CREATE INDEX chunk_open ON work.chunk (run, chunk) WHERE state IN ('pending', 'claimed');
COMMENT ON COLUMN work.chunk.segments IS 'Which records of which files: sealed JSON.';
COMMENT ON COLUMN work.chunk.fence IS 'Grows with each claim: a write under an older one changes nothing.';
"""

_DOCUMENTS = f"""
CREATE TABLE work.document (
    run text NOT NULL,
    chunk integer NOT NULL,
    ordinal integer NOT NULL CONSTRAINT document_ordinal CHECK (ordinal >= 0),
    document text NOT NULL CONSTRAINT document_id CHECK (document ~ '^[0-9a-f]{{32}}$'),
    is_copy boolean NOT NULL DEFAULT false,
    state text NOT NULL CONSTRAINT document_state
        CHECK (state IN ('decided', 'processed', 'withheld', 'failed', 'quarantined', 'skipped')),
    reason text NOT NULL DEFAULT '',
    level text CONSTRAINT document_level CHECK (level IN {_LEVELS}),
    route text CONSTRAINT document_route CHECK (route IN {_ROUTES}),
    rules text[] NOT NULL,
    entities jsonb NOT NULL,
    gaps jsonb NOT NULL,
    characters integer NOT NULL,
    ref bytea NOT NULL,
    fence bigint NOT NULL,
    decided_at timestamptz NOT NULL,
    settled_at timestamptz,
    CONSTRAINT document_pkey PRIMARY KEY (run, chunk, ordinal),
    CONSTRAINT document_chunk FOREIGN KEY (run, chunk) REFERENCES work.chunk,
    CONSTRAINT document_decided CHECK (state = 'skipped' OR (level IS NOT NULL AND route IS NOT NULL)),
    CONSTRAINT document_settled CHECK ((state = 'decided') = (settled_at IS NULL)),
    CONSTRAINT document_copy CHECK (NOT is_copy OR state = 'skipped')
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX document_once ON work.document (run, document) WHERE NOT is_copy;
COMMENT ON TABLE work.document IS
    'One row a record, by its place. A record that comes twice has two rows, and one of them is the copy.';
COMMENT ON COLUMN work.document.ref IS 'The record''s own id or file name, sealed under the document''s key.';

CREATE TABLE work.call (
    permit text CONSTRAINT call_pkey PRIMARY KEY,
    run text NOT NULL,
    chunk integer NOT NULL,
    document text NOT NULL,
    attempt integer NOT NULL,
    state text NOT NULL CONSTRAINT call_state CHECK (state IN ('intended', 'answered', 'failed', 'unknown')),
    code text NOT NULL DEFAULT '',
    body_hmac text NOT NULL,
    fence bigint NOT NULL,
    intended_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT call_chunk FOREIGN KEY (run, chunk) REFERENCES work.chunk,
    CONSTRAINT call_ended CHECK ((state = 'intended') = (ended_at IS NULL))
);
CREATE INDEX call_by_chunk ON work.call (run, chunk);
CREATE UNIQUE INDEX call_one_open ON work.call (run, document) WHERE state = 'intended';
COMMENT ON TABLE work.call IS 'A permit is good for one row here, and so for one call.';

CREATE TABLE work.result (
    run text NOT NULL,
    document text NOT NULL,
    chunk integer NOT NULL,
    work_key bytea NOT NULL CONSTRAINT result_work_key CHECK (octet_length(work_key) = 32),
    level text NOT NULL CONSTRAINT result_level CHECK (level IN {_LEVELS}),
    route text NOT NULL CONSTRAINT result_route CHECK (route IN {_ROUTES}),
    answer bytea NOT NULL,
    model text NOT NULL,
    fingerprint text NOT NULL,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL,
    cost_microusd bigint NOT NULL,
    milliseconds integer NOT NULL,
    stored_at timestamptz NOT NULL,
    CONSTRAINT result_pkey PRIMARY KEY (run, document),
    CONSTRAINT result_chunk FOREIGN KEY (run, chunk) REFERENCES work.chunk
);
CREATE INDEX result_work_key ON work.result (work_key);
CREATE INDEX result_by_document ON work.result (document, stored_at DESC);
COMMENT ON COLUMN work.result.answer IS 'AES-256-GCM under the document''s key.';
COMMENT ON COLUMN work.result.work_key IS
    'Digest of document, task, policy and model: what has one already is not done again.';

CREATE TABLE work.part (
    run text NOT NULL,
    chunk integer NOT NULL,
    route text NOT NULL CONSTRAINT part_route CHECK (route IN {_ROUTES}),
    path text NOT NULL,
    digest text NOT NULL,
    rows integer NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT part_pkey PRIMARY KEY (run, chunk, route),
    CONSTRAINT part_chunk FOREIGN KEY (run, chunk) REFERENCES work.chunk
);
COMMENT ON TABLE work.part IS 'Parquet files that are whole: the file is written first, this row second.';

CREATE TABLE keys.doc_key (
    document text CONSTRAINT doc_key_pkey PRIMARY KEY,
    wrapped bytea NOT NULL,
    kek text NOT NULL
);
COMMENT ON TABLE keys.doc_key IS
    'Document keys, wrapped. Deleting a row erases the document; keep this table out of long-lived backups.';
"""

_GUARD = """
CREATE FUNCTION work.guard_state() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (OLD.state || '>' || NEW.state) = ANY (TG_ARGV) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'a state may not change so';
    END IF;
    RETURN NEW;
END $$;
"""

_GUARDED = {
    "run": (
        "planning>running planning>cancelled running>cancelled running>done running>failed"
        " cancelled>planning cancelled>running failed>running"
    ),
    "chunk": ("pending>claimed claimed>claimed claimed>pending claimed>done claimed>failed failed>pending"),
    "document": (
        "decided>decided decided>quarantined decided>skipped decided>processed decided>withheld decided>failed"
    ),
    "call": "intended>answered intended>failed intended>unknown",
}

_GRANTS = """
GRANT USAGE ON SCHEMA work, keys TO cordon_writer;
GRANT SELECT, INSERT, UPDATE ON work.run, work.chunk, work.document, work.call, work.part TO cordon_writer;
GRANT SELECT, INSERT ON work.result, keys.doc_key TO cordon_writer;
"""


def upgrade() -> None:
    connection = op.get_bind()
    administrator = connection.exec_driver_sql("SELECT quote_ident(current_user)").scalar_one()
    for schema in ("work", "keys"):
        connection.exec_driver_sql(f"CREATE SCHEMA {schema} AUTHORIZATION cordon_owner")
    connection.exec_driver_sql("SET LOCAL ROLE cordon_owner")
    for statements in (_RUNS, _DOCUMENTS, _GUARD, *(_guard(table) for table in _GUARDED), _GRANTS):
        connection.exec_driver_sql(statements)
    connection.exec_driver_sql(f"SET LOCAL ROLE {administrator}")
    # A worker's login may then see for itself that there is nothing to migrate.
    connection.exec_driver_sql("GRANT SELECT ON schema_version TO cordon_writer")


def _guard(table: str) -> str:
    allowed = ", ".join(f"'{change}'" for change in _GUARDED[table].split())
    return f"""
    CREATE TRIGGER {table}_guard_state BEFORE UPDATE OF state ON work.{table}
        FOR EACH ROW EXECUTE FUNCTION work.guard_state({allowed});
    ALTER TABLE work.{table} ENABLE ALWAYS TRIGGER {table}_guard_state;
    """


def downgrade() -> None:
    raise NotImplementedError("results are not taken back")
