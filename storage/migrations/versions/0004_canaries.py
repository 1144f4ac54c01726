"""Canaries: what each chunk's counted, and the runs whose closed routes they have shut.

A run that is shut stays shut: the writer may add such a row and never change or delete one, and a trigger
refuses the intent of a call in that run, whoever asks.
"""

from __future__ import annotations

from alembic import op

revision = "0004_canaries"
down_revision = "0003_detector"
branch_labels = None
depends_on = None

_CANARIES = """
CREATE TABLE work.canary (
    run text NOT NULL,
    chunk integer NOT NULL,
    fence bigint NOT NULL,
    canaries integer NOT NULL CONSTRAINT canary_some CHECK (canaries > 0),
    cleared integer NOT NULL CONSTRAINT canary_cleared CHECK (cleared BETWEEN 0 AND canaries),
    entities jsonb NOT NULL,
    measured_at timestamptz NOT NULL,
    CONSTRAINT canary_pkey PRIMARY KEY (run, chunk),
    CONSTRAINT canary_chunk FOREIGN KEY (run, chunk) REFERENCES work.chunk
);
COMMENT ON TABLE work.canary IS
    'How many of a chunk''s canaries, and of the identifiers in them, were found. A canary itself is stored nowhere.';
COMMENT ON COLUMN work.canary.fence IS 'The claim that measured last: a chunk that is done again counts once.';
COMMENT ON COLUMN work.canary.cleared IS 'Canaries whose document would have left although it must not.';
COMMENT ON COLUMN work.canary.entities IS 'By entity: [identifiers found, identifiers planted].';

CREATE TABLE work.shut (
    run text CONSTRAINT shut_pkey PRIMARY KEY CONSTRAINT shut_run REFERENCES work.run,
    reason text NOT NULL CONSTRAINT shut_reason
        CHECK (reason IN ('canary_cleared', 'recall_below_floor', 'entity_recall_below_floor')),
    chunk integer NOT NULL,
    shut_at timestamptz NOT NULL
);
COMMENT ON TABLE work.shut IS 'Runs whose closed routes are shut, for good: no call of theirs is intended any more.';
"""

_GUARD = """
CREATE FUNCTION work.guard_shut() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM work.shut WHERE run = NEW.run) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'the closed routes of this run are shut';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER call_guard_shut BEFORE INSERT ON work.call FOR EACH ROW EXECUTE FUNCTION work.guard_shut();
ALTER TABLE work.call ENABLE ALWAYS TRIGGER call_guard_shut;
"""

_GRANTS = """
GRANT SELECT, INSERT, UPDATE ON work.canary TO cordon_writer;
GRANT SELECT, INSERT ON work.shut TO cordon_writer;
"""


def upgrade() -> None:
    connection = op.get_bind()
    administrator = connection.exec_driver_sql("SELECT quote_ident(current_user)").scalar_one()
    connection.exec_driver_sql("SET LOCAL ROLE cordon_owner")
    for statements in (_CANARIES, _GUARD, _GRANTS):
        connection.exec_driver_sql(statements)
    connection.exec_driver_sql(f"SET LOCAL ROLE {administrator}")


def downgrade() -> None:
    raise NotImplementedError("what was measured is not taken back")
