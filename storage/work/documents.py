"""Documents: decided once, by their place in the chunk.

A row is a record, not a text: `(run, chunk, ordinal)`. So a file with the same record twice
has two rows; the one decided first is processed and the other is its copy, `skipped` for
`duplicate`. Nothing is counted twice, and nothing is lost. Deciding again after a crash
changes nothing, unless the decision itself came out differently: then the newer one holds,
and the log says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, INTEGER

from storage.rows import CanaryCounts, Claim, DecidedRow
from storage.states import DocumentState
from storage.vault import DocumentKey
from storage.work.book import Book, Change
from storage.work.canaries import count_canaries
from storage.work.stage import Stage, as_json

_STAGE = Stage(
    "decided_row",
    {
        "ordinal": "int",
        "document": "text",
        "state": "text",
        "reason": "text",
        "level": "text",
        "route": "text",
        "rules": "text[]",
        "entities": "jsonb",
        "gaps": "jsonb",
        "characters": "int",
        "ref": "bytea",
    },
)


class Documents(Book):
    """The part of the ledger about what was decided."""

    def decided(
        self, claim: Claim, rows: Sequence[DecidedRow], *, canaries: CanaryCounts | None = None
    ) -> frozenset[int]:
        """Store decisions; return the ordinals whose documents must not be asked about.

        With a chunk's last decisions come the counts of its canaries.

        Those are records that are at their end (quarantined, skipped, settled before), copies
        of a record that this run has elsewhere, and places where another record was decided
        before (the file changed).

        Raises:
            StaleClaim: someone else has the chunk.
        """
        if not rows and canaries is None:
            return frozenset()
        with self._change(claim) as change:
            keys = self._vault.keys_for(change.connection, [row.document for row in rows])
            _STAGE.fill(change.connection, (_staged(row, keys[row.document]) for row in rows))
            where = {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence, "now": change.now}
            new = set(change.connection.execute(_INSERT, where).scalars())
            by_ordinal = {row.ordinal: row for row in rows}
            for ordinal in sorted(new):
                _record(change, claim, None, by_ordinal[ordinal], keys)
            left = {ordinal: row for ordinal, row in by_ordinal.items() if ordinal not in new}
            to_ask = {ordinal for ordinal in new if by_ordinal[ordinal].state == "decided"}
            to_ask |= self._sort_out(change, claim, left, keys)
            if canaries is not None:
                count_canaries(change, claim, canaries)
        return frozenset(by_ordinal.keys() - to_ask)

    def settled(self, claim: Claim) -> set[str]:
        """Return the documents of the chunk of which no record is still to be done."""
        with self._reading() as connection:
            return set(connection.execute(_SETTLED, {"run": claim.run, "chunk": claim.chunk}).scalars())

    def known(self, work_keys: Collection[bytes]) -> set[bytes]:
        """Return those of the keys under which a readable result is stored, by any run."""
        if not work_keys:
            return set()
        with self._reading() as connection:
            return {bytes(key) for key in connection.execute(_KNOWN, {"keys": list(work_keys)}).scalars()}

    def _sort_out(
        self, change: Change, claim: Claim, left: Mapping[int, DecidedRow], keys: Mapping[str, DocumentKey]
    ) -> set[int]:
        """Deal with rows that were not new, and return the ordinals that are still to be asked about.

        They were met before at this place, or are copies of another place.
        """
        if not left:
            return set()
        where = {"run": claim.run, "chunk": claim.chunk, "ordinals": sorted(left)}
        found = change.connection.execute(_BEFORE, where).mappings()
        before = {row["ordinal"]: row for row in found}
        copies = sorted(left.keys() - before.keys())
        self._add_copies(change, claim, [left[ordinal] for ordinal in copies], keys)
        again = [ordinal for ordinal, row in before.items() if _is_other(row, left[ordinal])]
        if again:
            values = {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence, "now": change.now}
            change.connection.execute(_REPLACE, {**values, "ordinals": again})
            for ordinal in again:
                _record(change, claim, DocumentState.DECIDED, left[ordinal], keys)
        return {ordinal for ordinal, row in before.items() if _is_open(row, left[ordinal])}

    def _add_copies(
        self, change: Change, claim: Claim, rows: Iterable[DecidedRow], keys: Mapping[str, DocumentKey]
    ) -> None:
        ordinals = [row.ordinal for row in rows]
        if not ordinals:
            return
        values = {"run": claim.run, "chunk": claim.chunk, "fence": claim.fence, "now": change.now}
        change.connection.execute(_INSERT_COPIES, {**values, "ordinals": ordinals})
        for row in rows:
            change.record(
                None,
                DocumentState.SKIPPED,
                {"reason": "duplicate", "chunk": claim.chunk},
                run=claim.run,
                key=keys[row.document],
            )


def _staged(row: DecidedRow, key: DocumentKey) -> Sequence[object]:
    decision, assessment = row.decision, row.assessment
    return (
        row.ordinal,
        row.document,
        row.state,
        row.reason or _default_reason(row),
        None if decision is None else decision.level.label,
        None if decision is None else decision.route.value,
        [] if decision is None else list(decision.rules),
        as_json({} if assessment is None else assessment.entities),
        as_json({} if assessment is None else assessment.gap_counts),
        row.characters,
        key.seal("ref", row.ref),
    )


def _default_reason(row: DecidedRow) -> str:
    return "has_result" if row.state == "skipped" else ""


def _record(
    change: Change,
    claim: Claim,
    before: DocumentState | None,
    row: DecidedRow,
    keys: Mapping[str, DocumentKey],
) -> None:
    change.record(
        before,
        DocumentState(row.state),
        _fields(row, claim.chunk),
        run=claim.run,
        key=keys[row.document],
    )


def _fields(row: DecidedRow, chunk: int) -> dict[str, object]:
    """Return what the event says: counts, codes and digests."""
    fields: dict[str, object] = {"chunk": chunk}
    if row.decision is not None:
        fields |= {
            "level": row.decision.level.label,
            "route": row.decision.route.value,
            "policy": row.decision.policy,
            "rules": list(row.decision.rules),
        }
    if row.state != "decided":
        return fields | {"reason": row.reason or _default_reason(row)}
    if row.decision is not None:
        fields["source_raised"] = row.decision.source_raised
    if row.assessment is not None:
        fields |= {
            "complete": row.assessment.complete,
            "detector": row.assessment.detector,
            "entities": row.assessment.entities,
            "topics": [topic.name for topic in row.assessment.topics],
            "gaps": row.assessment.gap_counts,
            "language": row.assessment.language,
            "characters": row.assessment.characters,
            "proof": row.assessment.proof.as_json(),
        }
    return fields


def _is_other(before: RowMapping, now: DecidedRow) -> bool:
    """Whether the same record, not settled yet, was decided differently this time."""
    if not _is_same_and_open(before, now):
        return False
    if now.state != "decided" or now.decision is None:
        return True
    new = (now.decision.level.label, now.decision.route.value, list(now.decision.rules))
    return (before["level"], before["route"], list(before["rules"])) != new


def _is_open(before: RowMapping, now: DecidedRow) -> bool:
    return _is_same_and_open(before, now) and now.state == "decided"


def _is_same_and_open(before: RowMapping, now: DecidedRow) -> bool:
    return bool(before["state"] == "decided" and before["document"] == now.document)


_ORDINALS = bindparam("ordinals", type_=ARRAY(INTEGER))
_INSERT = text(
    "INSERT INTO work.document (run, chunk, ordinal, document, state, reason, level, route, rules, entities,"
    " gaps, characters, ref, fence, decided_at, settled_at)"
    " SELECT :run, :chunk, ordinal, document, state, reason, level, route, rules, entities,"
    " gaps, characters, ref, :fence, :now, CASE WHEN state <> 'decided' THEN CAST(:now AS timestamptz) END"
    " FROM pg_temp.decided_row ORDER BY ordinal ON CONFLICT DO NOTHING RETURNING ordinal"
)
_INSERT_COPIES = text(
    "INSERT INTO work.document (run, chunk, ordinal, document, is_copy, state, reason, level, route, rules,"
    " entities, gaps, characters, ref, fence, decided_at, settled_at)"
    " SELECT :run, :chunk, ordinal, document, true, 'skipped', 'duplicate', level, route, rules,"
    " entities, gaps, characters, ref, :fence, :now, :now"
    " FROM pg_temp.decided_row WHERE ordinal = ANY(:ordinals)"
).bindparams(_ORDINALS)
_BEFORE = text(
    "SELECT ordinal, document, state, level, route, rules FROM work.document"
    " WHERE run = :run AND chunk = :chunk AND ordinal = ANY(:ordinals)"
).bindparams(_ORDINALS)
_REPLACE = text(
    "UPDATE work.document d SET state = s.state, reason = s.reason, level = coalesce(s.level, d.level),"
    " route = coalesce(s.route, d.route), rules = s.rules, entities = s.entities, gaps = s.gaps,"
    " characters = s.characters, fence = :fence, decided_at = :now,"
    " settled_at = CASE WHEN s.state <> 'decided' THEN CAST(:now AS timestamptz) END"
    " FROM pg_temp.decided_row s WHERE d.run = :run AND d.chunk = :chunk AND d.ordinal = s.ordinal"
    " AND d.ordinal = ANY(:ordinals)"
).bindparams(_ORDINALS)
_SETTLED = text(
    "SELECT document FROM work.document WHERE run = :run AND chunk = :chunk"
    " GROUP BY document HAVING bool_and(state <> 'decided')"
)
_KNOWN = text(
    "SELECT DISTINCT r.work_key FROM work.result r JOIN keys.doc_key k USING (document)"
    " WHERE r.work_key = ANY(:keys)"
).bindparams(bindparam("keys", type_=ARRAY(BYTEA)))
