"""The audit log: an append-only table, a gapless counter, checkpoints, tiles, and recorded reading.

The roles exist already (`Database.migrate` makes them). Everything here belongs to
`cordon_owner`, which nobody can log in as; the others hold only the grants at the end.
"""

from __future__ import annotations

from alembic import op

revision = "0001_audit"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE FUNCTION audit.document_of(body bytea) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ BEGIN RETURN pg_catalog.convert_from(body, 'UTF8')::pg_catalog.jsonb; END $$;
COMMENT ON FUNCTION audit.document_of IS
    'The body as jsonb. Immutable because the database is UTF-8: convert_from alone is only stable.';

CREATE TABLE audit.counter (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT counter_one_row CHECK (only_row),
    size bigint NOT NULL CONSTRAINT counter_not_negative CHECK (size >= 0)
);
INSERT INTO audit.counter (size) VALUES (0);
COMMENT ON TABLE audit.counter IS
    'Entries so far. A sequence would leave gaps on rollback that look like deletions; this row cannot.';

CREATE TABLE audit.entry (
    seq bigint CONSTRAINT entry_pkey PRIMARY KEY CONSTRAINT entry_seq_not_negative CHECK (seq >= 0),
    body bytea NOT NULL CONSTRAINT entry_body_bytes CHECK (octet_length(body) BETWEEN 2 AND 65536),
    leaf_hash bytea NOT NULL GENERATED ALWAYS AS (sha256('\\x00'::bytea || body)) STORED,
    doc jsonb NOT NULL GENERATED ALWAYS AS (audit.document_of(body)) STORED,
    CONSTRAINT entry_doc_object CHECK (jsonb_typeof(doc) = 'object')
);
COMMENT ON COLUMN audit.entry.body IS 'The exact bytes that checkpoints sign. All else is derived from them.';
CREATE INDEX entry_type ON audit.entry ((doc->>'type'), seq);
CREATE INDEX entry_run ON audit.entry ((doc->>'run'), seq) WHERE doc ? 'run';
CREATE INDEX entry_document ON audit.entry ((doc->>'document'), seq) WHERE doc ? 'document';

CREATE TABLE audit.checkpoint (
    size bigint CONSTRAINT checkpoint_pkey PRIMARY KEY CONSTRAINT checkpoint_size CHECK (size > 0),
    root bytea NOT NULL CONSTRAINT checkpoint_root CHECK (octet_length(root) = 32),
    note bytea NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit.checkpoint IS 'Signed heads of the log (C2SP tlog-checkpoint).';

CREATE TABLE audit.tile (
    level smallint NOT NULL CONSTRAINT tile_level CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CONSTRAINT tile_index CHECK (index >= 0),
    root bytea NOT NULL CONSTRAINT tile_root CHECK (octet_length(root) = 32),
    hashes bytea NOT NULL CONSTRAINT tile_hashes CHECK (octet_length(hashes) = 8192),
    CONSTRAINT tile_pkey PRIMARY KEY (level, index)
);
COMMENT ON TABLE audit.tile IS
    'Complete tiles of 256 hashes at tree height 8 * level, and their root: any proof needs at most two a level.';

CREATE TABLE audit.access (
    query bigint CONSTRAINT access_pkey PRIMARY KEY
        CONSTRAINT access_query_recorded REFERENCES audit.entry (seq),
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    reader name NOT NULL DEFAULT session_user,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit.access IS
    'Which transaction recorded which question: its rows are given out only to a later one.';
"""

_TRIGGERS = """
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'audit.% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit.only_grow() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.size <= OLD.size THEN
        RAISE EXCEPTION 'audit.counter only grows' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER counter_only_grows BEFORE UPDATE ON audit.counter
    FOR EACH ROW EXECUTE FUNCTION audit.only_grow();
ALTER TABLE audit.counter ENABLE ALWAYS TRIGGER counter_only_grows;
"""

_KEPT = ("entry", "checkpoint", "tile", "access")

_APPEND = """
CREATE FUNCTION audit.append(bodies bytea[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    added constant bigint := cardinality(bodies);
    first bigint;
BEGIN
    IF added IS NULL OR added = 0 OR array_ndims(bodies) <> 1 THEN
        RAISE EXCEPTION 'nothing to append' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE audit.counter SET size = size + added RETURNING size - added INTO STRICT first;
    INSERT INTO audit.entry (seq, body)
        SELECT first + place - 1, body FROM unnest(bodies) WITH ORDINALITY AS given (body, place);
    RETURN first;
END $$;
COMMENT ON FUNCTION audit.append IS
    'Appends events in order and returns the first one''s seq. The counter stays locked until the end of the transaction: call it last.';
"""

_PUBLISH = """
CREATE FUNCTION audit.publish(
    new_size bigint, new_root bytea, new_note bytea,
    levels smallint[], indexes bigint[], roots bytea[], hashes bytea[]
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF new_size > (SELECT size FROM audit.counter) THEN
        RAISE EXCEPTION 'checkpoint beyond the log' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF new_size < (SELECT max(size) FROM audit.checkpoint) THEN
        RAISE EXCEPTION 'checkpoint would shrink the log' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit.tile (level, index, root, hashes)
        SELECT * FROM unnest(levels, indexes, roots, hashes) ON CONFLICT DO NOTHING;
    INSERT INTO audit.checkpoint (size, root, note) VALUES (new_size, new_root, new_note)
        ON CONFLICT DO NOTHING;
    IF NOT EXISTS (SELECT FROM audit.checkpoint WHERE size = new_size AND root = new_root) THEN
        RAISE EXCEPTION 'size already signed with another root' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END $$;

CREATE FUNCTION audit.newest_checkpoint() RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT note FROM audit.checkpoint ORDER BY size DESC LIMIT 1 $$;
"""

_CANONICAL = """
CREATE FUNCTION audit.canonical(value jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE jsonb_typeof(value)
    WHEN 'object' THEN
        RETURN '{' || coalesce((
            SELECT string_agg(to_json(key)::text || ':' || audit.canonical(item), ',' ORDER BY key COLLATE "C")
            FROM jsonb_each(value) AS member (key, item)), '') || '}';
    WHEN 'array' THEN
        RETURN '[' || coalesce((
            SELECT string_agg(audit.canonical(item), ',' ORDER BY place)
            FROM jsonb_array_elements(value) WITH ORDINALITY AS element (item, place)), '') || ']';
    ELSE
        RETURN value::text;
    END CASE;
END $$;
COMMENT ON FUNCTION audit.canonical IS
    'RFC 8785 for what a question may hold: objects with ASCII keys, strings, integers.';
"""

_OPEN_QUERY = """
CREATE FUNCTION audit.open_query(purpose text, ticket text, filter jsonb, reader text DEFAULT '')
RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked bigint;
    wrong text;
BEGIN
    IF length(btrim(coalesce(purpose, ''))) NOT BETWEEN 1 AND 200
        OR length(btrim(coalesce(ticket, ''))) NOT BETWEEN 1 AND 200
        OR length(coalesce(reader, '')) > 200 THEN
        RAISE EXCEPTION 'purpose and ticket are required, at most 200 characters'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT key INTO wrong FROM jsonb_each(filter) AS f (key, value)
        WHERE NOT CASE
            WHEN key IN ('type', 'run', 'document', 'route', 'level') THEN
                jsonb_typeof(value) = 'string' AND length(value #>> '{}') <= 200
            WHEN key IN ('since', 'until') THEN
                value #>> '{}' ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$'
            WHEN key IN ('after', 'limit') THEN
                value::text ~ '^(0|[1-9]\\d{0,14})$'
            ELSE false END
        LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'filter not understood' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    asked := audit.append(ARRAY[convert_to(audit.canonical(jsonb_build_object(
        'v', 1,
        'type', 'access.query',
        'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'nonce', replace(gen_random_uuid()::text, '-', ''),
        'actor', jsonb_build_object('kind', 'reader', 'id', session_user::text, 'on_behalf', coalesce(reader, '')),
        'purpose', purpose,
        'ticket', ticket,
        'filter', filter)), 'UTF8')]);
    INSERT INTO audit.access (query) VALUES (asked);
    RETURN asked;
END $$;
COMMENT ON FUNCTION audit.open_query IS
    'Records a question in the log and returns its number. Commit, then read the answer with audit.rows.';
"""

_ROWS = """
CREATE FUNCTION audit.rows(query bigint) RETURNS TABLE (seq bigint, body text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked audit.access;
    filter jsonb;
    conditions text;
BEGIN
    SELECT * INTO asked FROM audit.access a
        WHERE a.query = rows.query AND a.reader = session_user
        AND a.opened_at > clock_timestamp() - interval '15 minutes';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such open query' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF asked.transaction IS NOT DISTINCT FROM pg_current_xact_id_if_assigned() THEN
        RAISE EXCEPTION 'commit the query before reading its rows' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT e.doc->'filter' INTO STRICT filter FROM audit.entry e WHERE e.seq = asked.query;
    SELECT coalesce(string_agg(format(
        CASE key WHEN 'since' THEN $c$ AND e.doc->>'at' COLLATE "C" >= %2$L$c$
                 WHEN 'until' THEN $c$ AND e.doc->>'at' COLLATE "C" < %2$L$c$
                 WHEN 'after' THEN $c$ AND e.seq > %2$L::bigint$c$
                 ELSE $c$ AND e.doc->>%1$L = %2$L$c$ END, key, value), ''), '')
        INTO conditions FROM jsonb_each_text(filter) AS f (key, value) WHERE key <> 'limit';
    RETURN QUERY EXECUTE
        $q$SELECT e.seq, convert_from(e.body, 'UTF8') FROM audit.entry e WHERE e.seq < $1$q$ || conditions
        || ' ORDER BY e.seq LIMIT least($2, 10000)'
        USING asked.query, coalesce((filter->>'limit')::bigint, 1000);
END $$;
COMMENT ON FUNCTION audit.rows IS
    'The answer to a recorded question: entries before it, in order, 1,000 unless asked otherwise, 10,000 at most.';
"""

_GRANTS = """
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO cordon_writer, cordon_signer, cordon_compliance;
GRANT EXECUTE ON FUNCTION audit.append TO cordon_writer;
GRANT EXECUTE ON FUNCTION audit.publish TO cordon_signer;
GRANT SELECT ON audit.counter, audit.entry TO cordon_signer;
GRANT SELECT (size, root, note) ON audit.checkpoint TO cordon_signer;
GRANT SELECT ON audit.tile TO cordon_signer;
GRANT EXECUTE ON FUNCTION audit.open_query, audit.rows TO cordon_compliance;
GRANT EXECUTE ON FUNCTION audit.newest_checkpoint TO cordon_signer, cordon_compliance;
"""


def upgrade() -> None:
    connection = op.get_bind()

    def run(sql: str) -> None:
        connection.exec_driver_sql(sql.replace("%", "%%"))  # the driver looks for placeholders

    administrator = connection.exec_driver_sql("SELECT quote_ident(current_user)").scalar_one()
    run(
        "DO $$ BEGIN IF current_setting('server_encoding') <> 'UTF8' THEN"
        " RAISE EXCEPTION 'the database must be UTF8'; END IF; END $$"
    )
    run("CREATE SCHEMA audit AUTHORIZATION cordon_owner")
    run("SET LOCAL ROLE cordon_owner")
    run(_TABLES)
    run(_TRIGGERS)
    for table in _KEPT:
        run(_refusals(table, "UPDATE OR DELETE"))
    run(_refusals("counter", "DELETE"))
    for function in (_APPEND, _PUBLISH, _CANONICAL, _OPEN_QUERY, _ROWS):
        run(function)
    run(_GRANTS)
    run(f"SET LOCAL ROLE {administrator}")


def _refusals(table: str, statements: str) -> str:
    """Statement triggers, so that even a statement that would change no row is refused."""
    return f"""
    CREATE TRIGGER {table}_refuse_change BEFORE {statements} ON audit.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
    CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON audit.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
    ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER {table}_refuse_change;
    ALTER TABLE audit.{table} ENABLE ALWAYS TRIGGER {table}_refuse_truncate;
    """


def downgrade() -> None:
    raise NotImplementedError("an audit log is not taken back")
