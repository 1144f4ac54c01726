"""The detector: every recogniser over every character of every document, or a gap that says which not."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Final

from pipeline.detect.catalogue import build, limit_patterns
from pipeline.detect.config import DetectorConfig, DetectorUnavailable
from pipeline.detect.ear import silence_presidio
from pipeline.detect.engine import Engine, Sight
from pipeline.detect.foreign import UNKNOWN
from pipeline.detect.lamp import Lamp
from pipeline.detect.looked import Looked, at, gaps_at_once, moved, summed, sure, within
from pipeline.detect.manifest import (
    Manifest,
    ManifestDrift,
    Parts,
    differences,
    digest_manifest,
    make_manifest,
    read_manifest,
)
from pipeline.detect.merge import merge
from pipeline.detect.names import Names
from pipeline.detect.search import Budget
from pipeline.detect.specs import read_presidio, read_recognisers
from pipeline.detect.stages import Stages
from pipeline.detect.tally import Roster, Tally
from pipeline.detect.topics import Topics, read_lexicons, read_model
from pipeline.detect.views import VIEWS, View, plain, views
from pipeline.detect.windows import windows
from pipeline.documents import Document
from policies.assessment import Assessment, Finding, Gap, GapReason
from policies.proof import Coverage
from policies.settled import Settled

# Found at every start, or the detector does not start: a made-up number of each kind that a law names.
_PROBE: Final = "Her SSN is 536-22-8741, her card 4111 1111 1111 1111, her address jane@clinic.example.com."
_PROBE_ENTITIES: Final = frozenset({"US_SSN", "CREDIT_CARD", "EMAIL_ADDRESS"})


class Detector:
    """Looks at documents; safe to share between threads, which then take turns."""

    def __init__(self, config: DetectorConfig) -> None:
        silence_presidio()
        limit_patterns(config.regex_timeout_seconds)
        self._config = config
        self._names = Names(config)
        lexicons = read_lexicons()
        file, specs = read_presidio(), read_recognisers(config.recognisers)
        recognisers = build(file, specs)
        self._engine = Engine(
            recognisers,
            minimum_score=config.minimum_score,
            pattern_seconds=config.regex_timeout_seconds,
            folder=config.automata,
        )
        self._cut = partial(windows, characters=config.window_characters, overlap=config.window_overlap)
        self._stages = Stages(
            engine=self._engine,
            names=self._names,
            topics=Topics(lexicons, read_model()),
            look_again=self._look_again,
            cut=self._cut,
        )
        self._roster = Roster.of([one.name for one in recognisers], VIEWS)
        self.entities: frozenset[str] = frozenset(one.entity for one in recognisers) | self._names.entities
        """Every entity that this detector can find."""
        missing = sorted(set(file.required_entities) - self.entities)
        if missing:
            raise DetectorUnavailable(f"entity_without_recogniser:{missing[0]}")
        parts = Parts(
            config=config,
            specs=[file, *specs],
            recognisers=recognisers,
            lexicons=lexicons,
            names=self._names.digest,
            views=list(VIEWS),
        )
        self.manifest: Manifest = MappingProxyType(make_manifest(parts))
        """What this detector is made of: versions, patterns, models, settings."""
        self.digest: str = digest_manifest(self.manifest)
        """Digest of the manifest; every assessment carries it."""
        self._lamp = Lamp([one.name for one in recognisers], VIEWS)
        self._lock = threading.Lock()

    @classmethod
    def load(cls, config: DetectorConfig) -> Detector:
        """Return a detector that is made of what was accepted, and has proved that it sees.

        Raises:
            DetectorUnavailable: a recogniser, model, lexicon or file is missing or wrong.
            ManifestDrift: a component is not the accepted one; says which.
        """
        accepted = read_manifest(config.accepted) if config.accepted else None
        detector = cls(config)
        if accepted is not None and (drifted := differences(detector.manifest, accepted)):
            raise ManifestDrift(drifted)
        if blind := detector._lamp.blind(detector._look_at_text, views):
            raise DetectorUnavailable(f"recogniser_blind:{blind[0]}")
        if not detector.scan(_PROBE).entities.keys() >= _PROBE_ENTITIES:
            raise DetectorUnavailable("self_check_failed")
        return detector

    def assess(
        self, documents: Sequence[Document], *, settled: Sequence[Settled | None] = ()
    ) -> list[Assessment]:
        """Return an assessment of each document, in order; what the reader could not see is carried on.

        No document's trouble raises or touches another's assessment. A document for which `settled`, in the
        order of the documents, has something is looked at only until that says that the rest cannot matter.
        """
        if any(settled) and self._names.reads_apart:
            looked = self._look_in_stages(documents, settled)
        else:
            looked = self._look([document.text for document in documents])
        return [
            self._conclude(one, gaps=document.gaps, extraction=document.coverage)
            for one, document in zip(looked, documents, strict=True)
        ]

    def scan(self, text: str) -> Assessment:
        """Return the assessment of a text that is no document: an answer, a request body."""
        (looked,) = self._look([text])
        return self._conclude(looked, gaps=(), extraction=())

    def unseen(self, document: Document, gap: Gap) -> Assessment:
        """Return the assessment of a document at which nobody could look, because of `gap`; its text is not touched."""
        tally = Tally(self._roster)
        nothing = Looked(text="", characters=len(document.text), tally=tally, seconds=0.0, gaps=[gap])
        return self._conclude(nothing, gaps=document.gaps, extraction=document.coverage)

    def _begin(self, texts: Sequence[str]) -> list[Looked]:
        most = self._config.max_characters
        return [
            Looked(
                text=text[:most],
                characters=len(text),
                tally=Tally(self._roster),
                seconds=self._config.seconds_for(len(text)),
                gaps=gaps_at_once(text, most=most, has_names=self._names.present),
            )
            for text in texts
        ]

    def _look(self, texts: Sequence[str]) -> list[Looked]:
        looked = self._begin(texts)
        pieces = ((one, start, one.text[start:end]) for one in looked for start, end in self._cut(one.text))
        with self._lock:
            while batch := list(islice(pieces, self._config.batch_documents)):
                self._look_at_batch(batch)
            self._test_lamp(looked)
        for one in looked:
            self._stages.judge(one)
        return looked

    def _look_in_stages(
        self, documents: Sequence[Document], settled: Sequence[Settled | None]
    ) -> list[Looked]:
        looked = self._begin([document.text for document in documents])
        waiting = zip(looked, documents, settled, strict=True)
        with self._lock:
            while batch := list(islice(waiting, self._config.batch_documents)):
                with self._names.zone():
                    for one, document, says in batch:
                        self._stages.look(one, document.gaps, says)
            self._test_lamp(looked)
        return looked

    def _test_lamp(self, looked: Sequence[Looked]) -> None:
        blind = self._lamp.check(len(looked), self._look_at_text, views)
        for one in looked:
            one.gaps.extend(Gap(reason=GapReason.NOT_COVERED, detail=name) for name in blind)

    def _look_at_text(self, text: str) -> Sight:
        return self._engine.look(text, partial(self._names.words, text))

    def _look_at_batch(self, batch: Sequence[tuple[Looked, int, str]]) -> None:
        with self._names.zone():
            readings = self._names.read([plain(text) for _, _, text in batch])
            for (one, offset, text), reading in zip(batch, readings, strict=True):
                budget = Budget.of(one.seconds)
                one.tally.read(offset, offset + reading.read_to)
                sight = self._engine.look(text, reading.words, budget=budget)
                one.tally.saw_window(offset, offset + len(text), sight.looked)
                one.findings.extend(moved([*reading.findings, *sight.findings], offset))
                one.gaps.extend((*reading.gaps, *sight.gaps))
                self._look_again(one, offset, text, budget, sure(sight.findings))
                one.seconds = budget.left()

    def _look_again(
        self, one: Looked, offset: int, text: str, budget: Budget, checked: Sequence[Finding]
    ) -> None:
        """Add what only the other views of the window `text` show, at its place.

        A view knows its places less exactly: what it shows around a finding that passed its check is that one.
        """
        try:
            for view in views(text):
                budget.at_most(0.0)
                found = self._look_at_view(one, view, budget)
                new = [finding for finding in found if not any(within(known, finding) for known in checked)]
                one.findings.extend(moved(new, offset))
        except TimeoutError:
            one.gaps.append(Gap(reason=GapReason.RECOGNISER_TIMED_OUT, detail="views"))
            return
        except Exception:  # noqa: BLE001 - a view that cannot be made costs this document its clearance
            one.gaps.append(Gap(reason=GapReason.RECOGNISER_FAILED, detail="views"))
            return
        for name in VIEWS:
            one.tally.saw_view(name)

    def _look_at_view(self, one: Looked, view: View, budget: Budget) -> Iterator[Finding]:
        if view.gap:
            one.gaps.append(view.gap)
        reading = next(iter(self._names.read([view.text]))) if view.for_names else None
        words = reading.words if reading else partial(self._names.words, view.text)
        sight = self._engine.look(view.text, words, budget=budget)
        one.tally.saw_excerpt(view.name, len(view.text), sight.looked)
        one.gaps.extend((*sight.gaps, *(reading.gaps if reading else ())))
        found = [finding for finding in sight.findings if finding.score >= view.floor]
        # Names beside what changed were found in the text as it stands.
        named = reading.findings if reading else ()
        found += [finding for finding in named if view.changed(finding.start, finding.end)]
        for finding in found:
            yield at(finding, *view.span(finding.start, finding.end))

    def _conclude(self, one: Looked, *, gaps: Sequence[Gap], extraction: tuple[Coverage, ...]) -> Assessment:
        language = one.language
        return Assessment(
            findings=merge(one.findings),
            topics=one.topics,
            gaps=summed([*gaps, *one.gaps]),
            characters=len(one.text),
            language=language.language if language else UNKNOWN,
            detector=self.digest,
            proof=one.tally.proof(
                characters=one.characters,
                languages=language.passages if language else (),
                extraction=extraction,
                skipped=one.skipped,
            ),
        )
