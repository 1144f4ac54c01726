"""Detectors: what each one that ever decided was made of; and the log can be asked by detector."""

from __future__ import annotations

from alembic import op

revision = "0003_detector"
down_revision = "0002_work"
branch_labels = None
depends_on = None

_DETECTORS = """
CREATE TABLE work.detector (
    detector text CONSTRAINT detector_pkey PRIMARY KEY
        CONSTRAINT detector_digest CHECK (detector ~ '^sha256:[0-9a-f]{64}$'),
    components jsonb NOT NULL CONSTRAINT detector_components CHECK (jsonb_typeof(components) = 'object'),
    activated_at timestamptz NOT NULL
);
COMMENT ON TABLE work.detector IS 'Every detector that was used, by the digest that decisions name.';
COMMENT ON COLUMN work.detector.components IS
    'Version or digest of each component; the same as in the detector.activated events.';
GRANT SELECT, INSERT ON work.detector TO cordon_writer;
"""

# As in 0001, with `detector` among the words that a question may hold.
_OPEN_QUERY = """
CREATE OR REPLACE FUNCTION audit.open_query(purpose text, ticket text, filter jsonb, reader text DEFAULT '')
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
            WHEN key IN ('type', 'run', 'document', 'route', 'level', 'detector') THEN
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
"""


def upgrade() -> None:
    connection = op.get_bind()
    administrator = connection.exec_driver_sql("SELECT quote_ident(current_user)").scalar_one()
    connection.exec_driver_sql("SET LOCAL ROLE cordon_owner")
    for statements in (_DETECTORS, _OPEN_QUERY):
        connection.exec_driver_sql(statements.replace("%", "%%"))  # the driver looks for placeholders
    connection.exec_driver_sql(f"SET LOCAL ROLE {administrator}")


def downgrade() -> None:
    raise NotImplementedError("which detector decided is not taken back")
