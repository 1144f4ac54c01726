"""What the audit log records: one table of event types, and the encoding of one event.

Rules
1. An event holds ids, codes, counts, digests and levels; never text, names of files or people's data.
2. Only the fields of its type are accepted, so that content has no place to slip into.
3. Numbers are integers: two programs could write the same float in two ways.
4. Every event carries 16 random bytes: its hash says nothing about it to who cannot see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from storage.auditor.bodies import MOST_BODY_BYTES, canonical

NONCE_BYTES = 16
_MOST_STRING = 512
_MOST_INTEGER = 2**53 - 1


class EventError(Exception):
    """An event that may not be recorded. `code` and `type` are publishable, the event is not shown."""

    def __init__(self, code: str, event_type: str) -> None:
        super().__init__(f"{code}: {event_type}")
        self.code = code
        self.type = event_type

    def __reduce__(self) -> tuple[type[EventError], tuple[str, str]]:
        return type(self), (self.code, self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type of event: when it is recorded, and its fields."""

    when: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    has_document: bool = False
    """Whether it is about one document, and so carries that document's HMAC."""
    has_run: bool = False
    """Whether it happens inside a run, and so carries the run's id."""


_DECISION = ("level", "route", "policy", "rules")
_COUNTS = ("canaries", "cleared", "planted", "found", "low_millionths", "high_millionths")
"""Canaries, those that would have left, the identifiers in them, those found, and recall's 95 % interval."""

KINDS: Mapping[str, Kind] = {
    "system.start": Kind(
        when="Cordon opened its database to work.", required=("version",), optional=("settings", "command")
    ),
    "policy.activated": Kind(
        when="A run was opened under a policy that no earlier run had used.", required=("policy", "name")
    ),
    "model.activated": Kind(
        when="A model, or other weights of it, was used for the first time.",
        required=("route", "model"),
        optional=("weights", "adapter", "tokenizer", "template", "provider", "detector", "fingerprint"),
    ),
    "detector.activated": Kind(
        when="A detector was used for the first time; the digest of all its components is its name.",
        required=("detector", "components", "piece", "pieces"),
    ),
    "detector.accepted": Kind(
        when="Someone accepted a detector of other components than those accepted before.",
        required=("detector", "purpose", "ticket"),
        optional=("changed", "components"),
    ),
    "key.created": Kind(when="A key came into use.", required=("purpose", "key")),
    "run.opened": Kind(
        when="A run was planned.",
        required=("policy", "task"),
        optional=("source", "detector", "trigger", "models", "documents", "chunks", "schedule"),
        has_run=True,
    ),
    "run.planned": Kind(
        when="All of a run's chunks are known.", required=("documents", "chunks"), has_run=True
    ),
    "chunk.claimed": Kind(
        when="A worker took a chunk.",
        required=("chunk", "fence", "owner"),
        optional=("attempt", "previous"),
        has_run=True,
    ),
    "chunk.released": Kind(
        when="A worker gave a chunk back unfinished.",
        required=("chunk", "fence"),
        optional=("reason", "attempt"),
        has_run=True,
    ),
    "chunk.done": Kind(
        when="Every document of a chunk is in a final state.",
        required=("chunk", "fence", "documents"),
        optional=("parts",),
        has_run=True,
    ),
    "chunk.failed": Kind(
        when="A chunk was given up.",
        required=("chunk", "code"),
        optional=("fence", "attempt"),
        has_run=True,
    ),
    "run.resumed": Kind(
        when="A run that had stopped went on.", optional=("chunks", "unknown_calls"), has_run=True
    ),
    "run.cancelled": Kind(when="Someone cancelled a run.", optional=("reason",), has_run=True),
    "run.closed": Kind(
        when="A run ended.",
        required=("state", "documents"),
        optional=("processed", "withheld", "failed", "quarantined", "skipped", "by_route", "by_level", "cost_microusd", "canaries"),
        has_run=True,
    ),
    "doc.decided": Kind(
        when="The policy decided where a document goes.",
        required=(*_DECISION, "complete", "detector"),
        optional=(
            "entities", "topics", "gaps", "language", "characters", "chunk", "source_raised", "format", "proof",
        ),
        has_document=True,
        has_run=True,
    ),
    "canary.measured": Kind(
        when="A chunk's canaries were counted: made-up documents by which the detector is measured.",
        required=("chunk", "fence", *_COUNTS),
        optional=("entities", "run_so_far", "floor_millionths", "detector"),
        has_run=True,
    ),
    "route.shut": Kind(
        when="Canaries shut the closed routes of a run, for good.",
        required=("reason", "chunk", "routes", *_COUNTS),
        optional=("entities", "floor_millionths"),
        has_run=True,
    ),
    "doc.quarantined": Kind(
        when="A record could not be read and is kept away from every model.",
        required=("reason",),
        optional=(*_DECISION, "chunk", "format"),
        has_document=True,
        has_run=True,
    ),
    "doc.skipped": Kind(
        when="A document is not processed again: it has a result, or stands in the run already.",
        required=("reason",),
        optional=("chunk",),
        has_document=True,
        has_run=True,
    ),
    "call.intent": Kind(
        when="A call to the closed API is about to be made; it is made only once this is in a checkpoint.",
        required=("permit", "model", "route", "level", "policy", "attempt"),
        optional=("body_hmac", "provider", "host", "task", "expires", "body_bytes", "chunk"),
        has_document=True,
        has_run=True,
    ),
    "call.outcome": Kind(
        when="The closed API answered, or surely did not.",
        required=("permit", "state"),
        optional=(
            "code", "intent", "model", "fingerprint", "prompt_tokens", "completion_tokens",
            "cost_microusd", "reply_hmac", "attempt", "milliseconds", "route", "chunk",
        ),
        has_document=True,
        has_run=True,
    ),
    "call.unknown": Kind(
        when="A crash left a call of which nobody can know whether it was made.",
        required=("permit",),
        optional=("then", "intent", "attempt", "chunk", "model", "route"),
        has_document=True,
        has_run=True,
    ),
    "result.stored": Kind(
        when="An answer was checked and stored.",
        required=("level", "route", "model", "task"),
        optional=(
            "answer_hmac", "fingerprint", "prompt_tokens", "completion_tokens", "attempts", "part",
            "policy", "weights", "adapter", "tokenizer", "template", "detector", "document_level", "chunk",
            "cost_microusd",
        ),
        has_document=True,
        has_run=True,
    ),
    "doc.withheld": Kind(
        when="A document waits: no route that its level allows is available.",
        required=("reason",),
        optional=("level", "route", "policy", "chunk"),
        has_document=True,
        has_run=True,
    ),
    "doc.failed": Kind(
        when="A document got no result.",
        required=("code",),
        optional=("level", "route", "policy", "attempts", "chunk", "model"),
        has_document=True,
        has_run=True,
    ),
    "export.written": Kind(
        when="Someone asked for a copy of the log; recorded before the copy is made.",
        required=("purpose", "ticket"),
        optional=("size",),
    ),
    "access.query": Kind(
        when="Someone asked the log; recorded by the database before it answers.",
        required=("purpose", "ticket", "filter"),
    ),
    "integrity.verified": Kind(
        when="The live log was verified.", required=("code", "size"), optional=("root", "anchored", "reason", "wrong_from")
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it. `kind` is `service`, `person`, `schedule` or, for the database's own events, `reader`."""

    kind: str
    id: str
    on_behalf: str = ""
    host: str = ""
    build: str = ""

    def as_json(self) -> dict[str, str]:
        """Return what is recorded: the fields that say something."""
        fields = {
            "kind": self.kind,
            "id": self.id,
            "on_behalf": self.on_behalf,
            "host": self.host,
            "build": self.build,
        }
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, before it is given a time, an actor and a place in the log."""

    type: str
    document_hmac: str | None = None
    """Hex HMAC under the document's own key: unlinkable once that key is destroyed."""
    run: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)


def encode(event: Event, *, now: datetime, actor: Actor, nonce: bytes) -> bytes:
    """Return the bytes that are appended, hashed and signed: RFC 8785 canonical JSON.

    Raises:
        EventError: `unknown_type`, `missing_field`, `unknown_field`, `bad_value`, `too_large`.
    """
    kind = KINDS.get(event.type)
    if kind is None:
        raise EventError("unknown_type", event.type[:40])
    _check_fields(event, kind)
    if len(nonce) != NONCE_BYTES or now.tzinfo is None:
        raise EventError("bad_value", event.type)
    document: dict[str, object] = {
        "v": 1,
        "type": event.type,
        "at": timestamp(now),
        "nonce": nonce.hex(),
        "actor": actor.as_json(),
        **event.fields,
    }
    if event.run is not None:
        document["run"] = event.run
    if event.document_hmac is not None:
        document["document"] = event.document_hmac
    _check_value(document, event.type)
    try:
        body = canonical(document)
    except UnicodeEncodeError:
        raise EventError("bad_value", event.type) from None
    if len(body) > MOST_BODY_BYTES:
        raise EventError("too_large", event.type)
    return body


def timestamp(moment: datetime) -> str:
    """Return UTC with six decimals: as text, times sort in order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check_fields(event: Event, kind: Kind) -> None:
    given = event.fields.keys()
    has_subject = (event.document_hmac is not None, event.run is not None)
    if not given >= set(kind.required) or has_subject != (kind.has_document, kind.has_run):
        raise EventError("missing_field", event.type)
    if not given <= {*kind.required, *kind.optional}:
        raise EventError("unknown_field", event.type)


def _check_value(value: object, event_type: str) -> None:
    """Accept what has one canonical form, and no string long enough to be content."""
    if isinstance(value, str):
        is_good = len(value) <= _MOST_STRING
    elif value is None or isinstance(value, bool):
        is_good = True
    elif isinstance(value, int):
        is_good = -_MOST_INTEGER <= value <= _MOST_INTEGER
    elif isinstance(value, dict):
        is_good = all(isinstance(key, str) for key in value) and "".join(value).isascii()
        for item in value.values():
            _check_value(item, event_type)
    elif isinstance(value, list | tuple):
        is_good = True
        for item in value:
            _check_value(item, event_type)
    else:
        is_good = False
    if not is_good:
        raise EventError("bad_value", event_type)
