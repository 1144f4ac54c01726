"""Questions: recorded first, then answered, within limits."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest

from storage.audit.query import Question, Reason, ask
from storage.audit.show import show_document
from storage.auditor.bodies import parse_body
from storage.database import Role
from storage.errors import StorageError
from tests.audit.logs import NOON, RUN, event

REASON = Reason(purpose="complaint", ticket="DPO-17", reader="a.jones")


@pytest.fixture
def asked(live):
    """Give a function that asks a log of six events and returns the answer."""
    live.append([event(number) for number in range(4)])
    live.append([event(4, kind="doc.failed", code="timed_out"), event(5, level="public", reason="damaged")])

    def run(question: Question, reason: Reason = REASON):
        return list(ask(live.database.engine(Role.COMPLIANCE), question, reason))

    return run


def entries(database_url: str) -> list[dict]:
    with psycopg.connect(database_url) as connection:
        return [
            json.loads(body) for (body,) in connection.execute("SELECT body FROM audit.entry ORDER BY seq")
        ]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(), [0, 1, 2, 3, 4, 5]),
        (Question(run=RUN), [0, 1, 2, 3, 4, 5]),
        (Question(run="c" * 32), []),
        (Question(type="doc.failed"), [4]),
        (Question(document=f"{2:064x}"), [2]),
        (Question(level="public"), [5]),
        (Question(route="quarantine"), [0, 1, 2, 3]),
        (Question(since=NOON + timedelta(seconds=3)), [3, 4, 5]),
        (Question(until=NOON + timedelta(seconds=3)), [0, 1, 2]),
        (Question(after=3), [4, 5]),
        (Question(limit=2), [0, 1]),
        (Question(limit=0), []),
        (Question(run=RUN, route="quarantine", after=0, limit=2), [1, 2]),
        (Question(run="'; DROP TABLE audit.entry; --"), []),
        (Question(run="%s %1$L %"), []),
    ],
)
def test_all_that_is_asked_must_hold(asked, question, expected):
    """Filters are combined, answers come in log order."""
    assert [row["seq"] for row in asked(question)] == expected


def test_an_answer_is_the_signed_body_with_its_place(asked):
    """Each row is the event as it was appended, and its seq."""
    row = asked(Question(document=f"{4:064x}"))[0]
    assert (row["seq"], row["type"], row["code"], row["actor"]) == (
        4,
        "doc.failed",
        "timed_out",
        {"kind": "service", "id": "worker-1"},
    )


def test_a_question_is_in_the_log(asked, database_url):
    """The log says who asked what, why, and under which ticket, in canonical form."""
    asked(Question(level="public", limit=5), Reason(purpose='so "what"\n\u00e9\U0001f512', ticket="T\t1"))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT body FROM audit.entry ORDER BY seq DESC LIMIT 1").fetchone()
    assert row is not None
    body = parse_body(row[0])
    assert body is not None, "canonical"
    assert (body["type"], body["purpose"], body["ticket"], body["filter"]) == (
        "access.query",
        'so "what"\n\u00e9\U0001f512',
        "T\t1",
        {"level": "public", "limit": 5},
    )
    assert body["actor"] == {"kind": "reader", "id": "postgres", "on_behalf": ""}
    assert len(str(body["nonce"])) == 32


def test_a_question_does_not_see_itself(asked):
    """The answer is the log before the question; the next question sees it."""
    assert asked(Question(type="access.query")) == []
    assert [row["purpose"] for row in asked(Question(type="access.query"))] == ["complaint"]


@pytest.mark.parametrize(
    "reason",
    [Reason(purpose="", ticket="T"), Reason(purpose="p", ticket="  "), Reason(purpose="p" * 201, ticket="T")],
)
def test_without_purpose_and_ticket_there_is_no_answer(asked, reason):
    """Both are required, and nothing is read or recorded without them."""
    with pytest.raises(StorageError, match="bad_value"):
        asked(Question(), reason)


@pytest.mark.parametrize(
    "question",
    [
        {"body": "x"},
        {"limit": -1},
        {"limit": "1 OFFSET 5"},
        {"after": 1.5},
        {"since": "yesterday"},
        {"run": {"like": "%"}},
        {"run": "x" * 201},
        [],
        "all",
    ],
)
def test_a_filter_that_is_not_understood_is_refused(live, question):
    """The database itself accepts only the filters it knows."""
    with (
        pytest.raises(StorageError),
        live.database.begin(Role.COMPLIANCE) as connection,
    ):
        connection.exec_driver_sql("SELECT audit.open_query('p', 't', %s::jsonb)", (json.dumps(question),))


def test_rows_come_only_after_the_question_is_committed(live, database_url):
    """In the transaction that asks, even behind a savepoint, nothing is answered; rolled back, nothing ever is."""
    live.grow(3)
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE cordon_compliance")
        with connection.transaction():
            number = connection.execute("SELECT audit.open_query('p', 't', '{}')").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="commit"):
            connection.execute("SELECT * FROM audit.rows(%s)", number)
        connection.rollback()
        connection.execute("SET ROLE cordon_compliance")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no such"):
            connection.execute("SELECT * FROM audit.rows(%s)", number)


def test_an_answer_belongs_to_who_asked(live, database_url):
    """Another login cannot read under somebody else's question."""
    live.grow(3)
    with psycopg.connect(database_url, autocommit=True) as connection:
        number = connection.execute("SELECT audit.open_query('p', 't', '{}')").fetchone()
        name = f"reader_{connection.info.backend_pid}"
        connection.execute(f"CREATE ROLE {name} LOGIN IN ROLE cordon_compliance".encode())
        try:
            connection.execute(f"SET SESSION AUTHORIZATION {name}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no such"):
                connection.execute("SELECT * FROM audit.rows(%s)", number)
        finally:
            connection.execute("RESET SESSION AUTHORIZATION")
            connection.execute(f"DROP ROLE {name}".encode())


def test_reading_without_taking_is_recorded(live, database_url):
    """Who asks and never reads the answer has asked all the same."""
    ask(live.database.engine(Role.COMPLIANCE), Question(), REASON)
    assert [entry["type"] for entry in entries(database_url)] == ["access.query"]


def test_one_documents_story(live, database_url):
    """A document's events are found by its HMAC, which the caller computes from its id."""
    live.grow(3)
    engine = live.database.engine(Role.COMPLIANCE)
    rows = list(show_document(engine, "doc-1", hmac_of={"doc-1": f"{1:064x}"}.get, reason=REASON))
    assert [row["seq"] for row in rows] == [1]
    with pytest.raises(StorageError, match="unknown_document"):
        show_document(engine, "doc-2", hmac_of={}.get, reason=REASON)


def test_ten_thousand_rows_at_most(live):
    """However much is asked for, an answer has an end."""
    for _ in range(3):
        live.append([event(0)] * 3400)
    rows = ask(live.database.engine(Role.COMPLIANCE), Question(limit=10**9), REASON)
    assert sum(1 for _ in rows) == 10_000
