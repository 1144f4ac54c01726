"""Canaries of a run: a detector that got worse sends nothing, a whole one loses nothing, and no canary shows."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import spacy

from flows.chunk import LEASE_SECONDS, process_chunk
from flows.law import Law, read_law
from flows.night import open_run, run_spec, work
from flows.settings import load_settings
from flows.switch import StopSwitch
from flows.tools import Tools
from flows.wiring import Stores, open_stores, open_tools
from pipeline.canaries import ShutReason, Tally, make_canaries
from pipeline.detect import Detector
from pipeline.documents import Document
from policies.assessment import Assessment
from policies.policy import parse_policy, read_shipped
from policies.settled import Settled
from storage.rows import CanaryCounts, Claim
from tests.flow.test_canaries import _dump
from tests.lib.installation import Installation, write_records
from tests.lib.sweep import forms, parquet_values, unpacked
from tests.lib.texts import named, ordinary, regulated, variant

pytestmark = pytest.mark.slow


@dataclass
class Degraded:
    """The detector, with something taken from it that it does not notice itself."""

    whole: Detector
    without: frozenset[str] = frozenset()
    sees: int | None = None

    @property
    def digest(self) -> str:
        """The whole one's: it does not know what it lacks."""
        return self.whole.digest

    def assess(
        self, documents: Sequence[Document], *, settled: Sequence[Settled | None] = ()
    ) -> list[Assessment]:
        """Look at less, or say less than was found."""
        seen = [replace(one, text=one.text[: self.sees]) for one in documents]
        return [
            replace(one, findings=tuple(each for each in one.findings if each.entity not in self.without))
            for one in self.whole.assess(seen, settled=settled)
        ]

    def scan(self, text: str) -> Assessment:
        """Look at what is no document as the whole one does."""
        return self.whole.scan(text)


@contextmanager
def _opened(cordon: Installation, **law: str) -> Iterator[tuple[Tools, Stores, Law]]:
    settings = load_settings(cordon.environment)
    read = read_law("default", "triage")
    if law:
        text = read_shipped("default")
        for old, new in law.items():
            text = text.replace(f"\n{old}: ", f"\n{old}: {new}   # was: ")
        read = replace(read, policy=parse_policy(text, name="changed"), policy_text=text)
    with (
        open_stores(settings) as stores,
        open_tools(settings, stores, law=read, on_prem_url=cordon.on_prem.url) as tools,
    ):
        yield tools, stores, read


def _records(cordon: Installation, count: int = 12) -> Path:
    kinds = (ordinary, named, regulated)
    texts = [kinds[number % 3](number, mark=variant(number)) for number in range(count)]
    return write_records(cordon.home / "in.jsonl", texts)


def _open(tools: Tools, law: Law, source: Path) -> str:
    return open_run(tools, run_spec(tools, law, str(source), trigger="cli"))


def _claim(tools: Tools, run: str) -> Claim:
    claim = tools.ledger.claim(run, owner=tools.owner, lease_seconds=LEASE_SECONDS)
    assert claim is not None
    return claim


def _worse(tools: Tools, **less: object) -> Tools:
    return replace(tools, detector=Degraded(tools.detector, **less))  # type: ignore[arg-type]


def _planted(tools: Tools, run: str) -> list[str]:
    """Return what must show nowhere: identifiers of the run's first chunk, and a piece of each text."""
    canaries = make_canaries(tools.keys.canary_seed(run, 0), count=12, documents=12)
    values = [
        canary.document.text[one.start : one.end]
        for canary in canaries
        for one in canary.planted
        if one.entity != "PERSON"
    ]
    ids = [canary.document.id for canary in canaries]
    return [*ids, *(value for value in values if len(value) >= 9 and "\n" not in value)]


def test_a_whole_detector_passes_and_no_canary_shows(cordon: Installation) -> None:
    """All is found, the routes stay open, and no model, table, part or file has seen a canary."""
    assert cordon.closed is not None
    with _opened(cordon) as (tools, stores, law):
        run = _open(tools, law, _records(cordon))
        assert work(tools, run, stop=StopSwitch())
        summary = stores.ledger.close_run(run)
        secrets = _planted(tools, run)
    assert (summary.documents, sum(summary.by_level.values()), sum(summary.by_route.values())) == (12, 12, 12)
    assert summary.canaries.shut is None
    assert (summary.canaries.tally.canaries, summary.canaries.tally.cleared) == (12, 0)
    assert summary.canaries.tally.recall.value == 1.0
    assert cordon.closed.calls == 8
    assert cordon.on_prem.calls == 4
    assert len(secrets) > 25
    patterns = {form for secret in secrets for form in forms(secret)}
    seen = [_dump(cordon)]
    seen += [arrival.body for api in (cordon.closed, cordon.on_prem) for arrival in api.arrivals]
    files = [path for path in (cordon.home / ".cordon").rglob("*") if path.is_file()]
    for path in files:
        with suppress(FileNotFoundError):  # PostgreSQL drops its temporary tables' files when it likes
            seen.append(path.read_bytes())
    parts = [path for path in files if path.suffix == ".parquet"]
    seen += [parquet_values(path) for path in parts]
    assert len(parts) == 3
    for raw in seen:
        for view in unpacked(raw):
            assert not [pattern for pattern in patterns if pattern in view]


def test_canaries_are_looked_at_to_their_end(cordon: Installation) -> None:
    """Where documents end early once they are regulated, every identifier of every canary still counts, and routes stay."""
    with _opened(cordon, version="1\nexhaustive: false") as (tools, stores, law):
        run = _open(tools, law, _records(cordon))
        assert work(tools, run, stop=StopSwitch())
        summary = stores.ledger.close_run(run)
    assert summary.canaries.shut is None
    assert (summary.canaries.tally.canaries, summary.canaries.tally.recall.value) == (12, 1.0)
    assert summary.by_route == {"closed": 4, "closed_pseudonymised": 4, "on_prem": 4}
    decided = [event for event in cordon("audit", "query", "--json").lines if event["type"] == "doc.decided"]
    assert len(decided) == 12
    assert sum("stopped" in str(event) for event in decided) == 4


@pytest.mark.parametrize(
    ("less", "reason"),
    [
        ({"without": frozenset({"PERSON"})}, {ShutReason.RECALL, ShutReason.CLEARED}),
        ({"without": frozenset({"US_SSN", "MEDICAL_RECORD_NUMBER"})}, {ShutReason.CLEARED}),
        ({"without": frozenset({"EMAIL_ADDRESS"})}, {ShutReason.RECALL, ShutReason.ENTITY_RECALL}),
        ({"sees": 300}, {ShutReason.CLEARED}),
    ],
    ids=["blind to names", "recognisers gone", "no addresses", "texts cut off"],
)
def test_a_degraded_detector_sends_nothing(
    cordon: Installation, less: dict[str, object], reason: set[ShutReason]
) -> None:
    """What the detector does not say itself its canaries do, before the first byte leaves; nothing else is lost."""
    assert cordon.closed is not None
    with _opened(cordon) as (tools, stores, law):
        run = _open(tools, law, _records(cordon))
        assert work(_worse(tools, **less), run, stop=StopSwitch())
        summary = stores.ledger.close_run(run)
    assert summary.canaries.shut in reason
    assert cordon.closed.calls == 0
    assert (summary.by_state, cordon.on_prem.calls) == ({"processed": 12}, 12)


def test_what_waits_for_the_closed_routes_is_withheld(cordon: Installation) -> None:
    """A policy that says `wait` has its documents withheld, and their reason says why."""
    assert cordon.closed is not None
    waits = {"unavailable": "{closed: wait, closed_pseudonymised: on_prem}"}
    with _opened(cordon, **waits) as (tools, stores, law):
        run = _open(tools, law, _records(cordon))
        assert work(_worse(tools, without=frozenset({"PERSON"})), run, stop=StopSwitch())
        summary = stores.ledger.close_run(run)
    assert cordon.closed.calls == 0
    assert summary.by_state["withheld"] >= 4
    assert b"routes_shut" in _dump(cordon)


def test_a_shut_run_stays_shut_when_a_better_worker_takes_over(cordon: Installation) -> None:
    """Three chunks, the first by a degraded detector: the other two leave nothing either, nor after a resume."""
    assert cordon.closed is not None
    cordon.extra["CORDON_CHUNK_DOCUMENTS"] = "6"
    with _opened(cordon) as (tools, stores, law):
        run = _open(tools, law, _records(cordon, 18))
        assert process_chunk(
            _worse(tools, without=frozenset({"PERSON"})), _claim(tools, run), stop=StopSwitch()
        )
        assert process_chunk(tools, _claim(tools, run), stop=StopSwitch())
        stores.ledger.cancel(run)
    with _opened(cordon) as (tools, stores, law):
        stores.ledger.resume(run)
        assert work(tools, run, stop=StopSwitch())
        summary = stores.ledger.close_run(run)
    assert summary.canaries.tally.canaries == 36
    assert summary.canaries.shut is not None
    assert (cordon.closed.calls, cordon.on_prem.calls) == (0, 18)


def test_another_worker_sees_it_before_its_next_call(install: Callable[..., Installation]) -> None:
    """Canaries that are cleared in one chunk stop the calls of another one that is half sent."""
    cordon = install(latency_seconds=0.2)
    assert cordon.closed is not None
    closed = cordon.closed
    texts = [ordinary(number, mark=variant(number)) for number in range(60)]
    source = write_records(cordon.home / "in.jsonl", texts)
    cordon.extra["CORDON_CHUNK_DOCUMENTS"] = "40"
    arrived: list[int] = []
    with _opened(cordon) as (tools, stores, law):
        run = _open(tools, law, source)
        sending, other = _claim(tools, run), _claim(tools, run)

        def shut() -> None:
            while closed.calls < 4:
                time.sleep(0.01)
            tally = Tally(canaries=12, cleared=1, entities={})
            counts = CanaryCounts(tally=tally, floor=0.95, detector=tools.detector.digest)
            tools.ledger.decided(other, [], canaries=counts)
            arrived.append(closed.calls)

        thread = threading.Thread(target=shut)
        thread.start()
        assert process_chunk(replace(tools, concurrency=2), sending, stop=StopSwitch())
        thread.join()
        tools.ledger.release(other)
        assert work(tools, run, stop=StopSwitch())
        summary = stores.ledger.close_run(run)
    assert closed.calls <= arrived[0] + 2  # those that had looked already
    assert closed.calls < 40
    assert summary.by_state == {"processed": 60}
    log = [event["type"] for event in cordon("audit", "query", "--json").lines]
    assert "call.intent" not in log[log.index("route.shut") :]


def test_a_law_without_canaries_measures_nothing(cordon: Installation) -> None:
    """`per_chunk: 0` carries none; a chunk in which all is known already carries none either."""
    with _opened(cordon, canaries="{per_chunk: 0}") as (tools, stores, law):
        run = _open(tools, law, _records(cordon, 3))
        assert work(tools, run, stop=StopSwitch())
        assert stores.ledger.close_run(run).canaries.tally.canaries == 0
    for expected in (12, 0):
        with _opened(cordon) as (tools, stores, law):
            run = _open(tools, law, _records(cordon, 3))
            assert work(tools, run, stop=StopSwitch())
            assert stores.ledger.close_run(run).canaries.tally.canaries == expected


def test_the_command_says_so(cordon: Installation) -> None:
    """A model that finds no names is a configuration like any other: the run ends with code 3 and says why."""
    assert cordon.closed is not None
    blind = spacy.blank("en")
    blind.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Zzyzx"}])  # type: ignore[attr-defined]
    blind.to_disk(cordon.home / "blind")
    cordon.extra["CORDON_NER_MODEL"] = str(cordon.home / "blind")
    cordon("detector", "accept")
    source = str(_records(cordon))
    ran = cordon("run", source, "--json", code=3)
    canaries = ran.last["canaries"]
    assert isinstance(canaries, dict)
    assert canaries["shut"] in {"recall_below_floor", "canary_cleared"}
    assert canaries["interval"][1] < 0.95
    assert canaries["entities"]["PERSON"][0] == 0
    assert (ran.last["processed"], cordon.closed.calls) == (12, 0)
    told = cordon("run", source, "--again", code=3)
    assert "Closed routes shut: " in told.out
    assert "missed: PERSON" in told.out
    kinds = Counter(str(event["type"]) for event in cordon("audit", "query", "--json").lines)
    assert (kinds["route.shut"], kinds["canary.measured"], kinds["call.intent"]) == (2, 2, 0)
    assert json.loads(json.dumps(ran.last)) == ran.last
