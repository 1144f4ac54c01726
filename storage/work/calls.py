"""Calls and results: intents before a call, outcomes and answers after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from storage.rows import CallOutcome, Claim, IntentRow, PastCalls, ResultRow, work_key
from storage.states import CallState, DocumentState
from storage.vault import DocumentKey, Vault
from storage.work.book import Book, Change
from storage.work.canaries import refuse_if_shut
from storage.work.stage import Stage

_INTENTS = Stage("intent_row", {"permit": "text", "document": "text", "attempt": "int", "body_hmac": "text"})
_OUTCOMES = Stage("outcome_row", {"permit": "text", "state": "text", "code": "text"})
_RESULTS = Stage(
    "result_row",
    {
        "document": "text",
        "state": "text",
        "reason": "text",
        "route": "text",
        "level": "text",
        "work_key": "bytea",
        "answer": "bytea",
        "model": "text",
        "fingerprint": "text",
        "prompt_tokens": "int",
        "completion_tokens": "int",
        "cost_microusd": "bigint",
        "milliseconds": "int",
    },
)


class Calls(Book):
    """The part of the ledger about calls and what came of them."""

    def intend(self, claim: Claim, intents: Sequence[IntentRow]) -> list[int]:
        """Commit intents with their events; return their places in the log, in the order given.

        A permit is good for one intent, and a document has one open call at a time.

        Raises:
            StaleClaim: someone else has the chunk.
            RoutesShut: canaries have shut the run's closed routes.
            StorageError(constraint): a permit was used before, or the document has a call under way.
        """
        with self._change(claim) as change:
            refuse_if_shut(change.connection, claim.run)
            keys = self._vault.keys_for(change.connection, [intent.document for intent in intents])
            hmacs = [_body_hmac(intent, keys) for intent in intents]
            rows = zip(intents, hmacs, strict=True)
            _INTENTS.fill(
                change.connection,
                ((intent.permit.id, intent.document, intent.attempt, hmac) for intent, hmac in rows),
            )
            change.connection.execute(_INSERT_CALLS, _values(claim, change))
            for intent, hmac in zip(intents, hmacs, strict=True):
                _record_intent(change, claim, intent, keys[intent.document], hmac)
        return list(change.seqs)

    def settle(
        self, claim: Claim, *, results: Sequence[ResultRow] = (), calls: Sequence[CallOutcome] = ()
    ) -> None:
        """Store ends of documents and outcomes of calls, all in one transaction with their events.

        Saying it again changes nothing: an end is final, and an outcome is known once.

        Raises:
            StaleClaim: someone else has the chunk.
        """
        if not results and not calls:
            return
        documents = [row.document for row in results] + [call.document for call in calls]
        with self._change(claim) as change:
            keys = self._vault.keys_for(change.connection, documents)
            if calls:
                self._end_calls(change, claim, calls, keys)
            if results:
                self._end_documents(change, claim, results, keys)

    def unknown(self, claim: Claim) -> dict[str, PastCalls]:
        """Record as unknown every call that an earlier attempt left open.

        Returns the documents that have a call of unknown outcome and no end yet, each with its
        calls so far.

        Raises:
            StaleClaim: someone else has the chunk.
        """
        with self._change(claim) as change:
            leave_unknown(change, self._vault, run=claim.run, chunk=claim.chunk, fence=claim.fence)
            counts = change.connection.execute(_CALL_COUNTS, _values(claim, change))
            return {row.document: PastCalls(made=row.made, unknown=row.unknown) for row in counts}

    def _end_calls(
        self, change: Change, claim: Claim, calls: Sequence[CallOutcome], keys: Mapping[str, DocumentKey]
    ) -> None:
        _OUTCOMES.fill(change.connection, ((call.permit, call.state, call.code) for call in calls))
        ended = set(change.connection.execute(_END_CALLS, _values(claim, change)).scalars())
        for call in calls:
            if call.permit not in ended:
                continue
            ended.discard(call.permit)
            details = {} if call.state == "unknown" else {"state": call.state, "code": call.code}
            change.record(
                CallState.INTENDED,
                CallState(call.state),
                {"permit": call.permit, **details},
                run=claim.run,
                key=keys[call.document],
            )

    def _end_documents(
        self, change: Change, claim: Claim, results: Sequence[ResultRow], keys: Mapping[str, DocumentKey]
    ) -> None:
        once = {row.document: row for row in results}
        _RESULTS.fill(change.connection, (_staged(claim, row, keys[row.document]) for row in once.values()))
        ended = set(change.connection.execute(_END_DOCUMENTS, _values(claim, change)).scalars())
        for document, row in once.items():
            if document in ended:
                _record_end(change, claim, row, keys[document])


def leave_unknown(change: Change, vault: Vault, *, run: str, chunk: int, fence: int) -> None:
    """Record as unknown every call of the chunk that a claim before `fence` left open."""
    where = {"run": run, "chunk": chunk, "fence": fence, "now": change.now}
    left = change.connection.execute(_LEAVE_UNKNOWN, where).all()
    keys = vault.keys_for(change.connection, [row.document for row in left])
    for row in left:
        change.record(
            CallState.INTENDED,
            CallState.UNKNOWN,
            {"permit": row.permit, "attempt": row.attempt},
            run=run,
            key=keys[row.document],
        )


def _values(claim: Claim, change: Change) -> dict[str, object]:
    return {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence, "now": change.now}


def _body_hmac(intent: IntentRow, keys: Mapping[str, DocumentKey]) -> str:
    return keys[intent.document].hmac("body", intent.permit.body_digest.encode())


def _record_intent(change: Change, claim: Claim, intent: IntentRow, key: DocumentKey, hmac: str) -> None:
    permit = intent.permit
    fields = {
        "permit": permit.id,
        "model": permit.model,
        "route": permit.decision.route.value,
        "level": permit.decision.level.label,
        "policy": permit.decision.policy,
        "attempt": intent.attempt,
        "body_hmac": hmac,
        "host": intent.destination,
        "task": claim.spec.task_digest,
        "expires": permit.expires.isoformat(),
        "chunk": claim.chunk,
    }
    change.record(None, CallState.INTENDED, fields, run=claim.run, key=key)


def _staged(claim: Claim, row: ResultRow, key: DocumentKey) -> Sequence[object]:
    return (
        row.document,
        row.state,
        row.reason,
        row.route.value,
        row.level.label,
        work_key(
            row.document,
            task_digest=claim.spec.task_digest,
            policy_digest=claim.spec.policy_digest,
            model=claim.spec.model_for(row.route),
        ),
        None if row.answer is None else key.seal("answer", row.answer),
        row.model,
        row.fingerprint,
        row.prompt_tokens,
        row.completion_tokens,
        row.cost_microusd,
        row.milliseconds,
    )


def _record_end(change: Change, claim: Claim, row: ResultRow, key: DocumentKey) -> None:
    where: dict[str, object] = {"level": row.level.label, "route": row.route.value, "chunk": claim.chunk}
    fields: dict[str, object]
    match row.state:
        case "processed":
            fields = {
                "model": row.model,
                "fingerprint": row.fingerprint,
                "task": claim.spec.task_digest,
                "policy": claim.spec.policy_digest,
                "prompt_tokens": row.prompt_tokens,
                "completion_tokens": row.completion_tokens,
                "cost_microusd": row.cost_microusd,
                "answer_hmac": key.hmac("answer", (row.answer or "").encode("utf-8", "surrogatepass")),
            }
        case "withheld":
            fields = {"reason": row.reason}
        case "failed":
            fields = {"code": row.reason}
    change.record(DocumentState.DECIDED, DocumentState(row.state), where | fields, run=claim.run, key=key)


_INSERT_CALLS = text(
    "INSERT INTO work.call (permit, run, chunk, document, attempt, state, body_hmac, fence, intended_at)"
    " SELECT permit, :run, :chunk, document, attempt, 'intended', body_hmac, :fence, :now"
    " FROM pg_temp.intent_row"
)
_END_CALLS = text(
    "UPDATE work.call c SET state = s.state, code = s.code, ended_at = :now"
    " FROM pg_temp.outcome_row s WHERE c.permit = s.permit AND c.state = 'intended'"
    " AND c.run = :run AND c.chunk = :chunk AND c.fence = :fence RETURNING c.permit"
)
_LEAVE_UNKNOWN = text(
    "UPDATE work.call SET state = 'unknown', code = 'crashed', ended_at = :now"
    " WHERE run = :run AND chunk = :chunk AND state = 'intended' AND fence < :fence"
    " RETURNING permit, document, attempt"
)
_CALL_COUNTS = text(
    "SELECT c.document, count(*) AS made, count(*) FILTER (WHERE c.state = 'unknown') AS unknown"
    " FROM work.call c WHERE c.run = :run AND c.chunk = :chunk"
    " AND EXISTS (SELECT FROM work.document d WHERE d.run = c.run AND d.document = c.document"
    " AND d.chunk = c.chunk AND d.state = 'decided')"
    " GROUP BY c.document HAVING bool_or(c.state = 'unknown')"
)
_END_DOCUMENTS = text(
    "WITH ended AS (UPDATE work.document d SET state = s.state, reason = s.reason, route = s.route,"
    " settled_at = :now, fence = :fence FROM pg_temp.result_row s"
    " WHERE d.run = :run AND d.chunk = :chunk AND d.document = s.document AND d.state = 'decided'"
    " AND NOT d.is_copy RETURNING d.document),"
    " stored AS (INSERT INTO work.result (run, document, chunk, work_key, level, route, answer, model,"
    " fingerprint, prompt_tokens, completion_tokens, cost_microusd, milliseconds, stored_at)"
    " SELECT :run, document, :chunk, work_key, level, route, answer, model, fingerprint, prompt_tokens,"
    " completion_tokens, cost_microusd, milliseconds, :now FROM pg_temp.result_row JOIN ended USING (document)"
    " WHERE answer IS NOT NULL ON CONFLICT DO NOTHING)"
    " SELECT document FROM ended"
)
