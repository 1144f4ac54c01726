"""The detector: every recogniser over every character of every document, or a gap that says which not."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Final, TypeVar

from pipeline.detect.catalogue import build, limit_patterns
from pipeline.detect.config import DetectorConfig, DetectorUnavailable
from pipeline.detect.ear import silence_presidio
from pipeline.detect.engine import Engine, Sight
from pipeline.detect.foreign import UNKNOWN
from pipeline.detect.lamp import Lamp
from pipeline.detect.language import NOT_JUDGED, judge_language
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
from pipeline.detect.names import Names, Reading
from pipeline.detect.script import character_gaps
from pipeline.detect.search import Budget
from pipeline.detect.specs import read_presidio, read_recognisers
from pipeline.detect.tally import Roster, Tally
from pipeline.detect.topics import Topics, read_lexicons, read_model
from pipeline.detect.views import VIEWS, View, plain, views
from pipeline.detect.windows import windows
from pipeline.documents import Document
from policies.assessment import Assessment, Finding, Gap, GapReason
from policies.proof import Coverage

# Found at every start, or the detector does not start: a made-up number of each kind that a law names.
_PROBE: Final = "Her SSN is 536-22-8741, her card 4111 1111 1111 1111, her address jane@clinic.example.com."
_T = TypeVar("_T")
_PROBE_ENTITIES: Final = frozenset({"US_SSN", "CREDIT_CARD", "EMAIL_ADDRESS"})


@dataclass(slots=True, kw_only=True)
class _Looked:
    """What is known so far about one text."""

    text: str = field(repr=False)
    characters: int
    """Code points of the whole text, with those beyond the limit."""
    tally: Tally
    seconds: float
    """Processor time that may still be spent on it."""
    closing_seconds: float
    """The same for what comes after all windows: characters, language, topics."""
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class Detector:
    """Looks at documents; safe to share between threads, which then take turns."""

    def __init__(self, config: DetectorConfig) -> None:
        silence_presidio()
        limit_patterns(config.regex_timeout_seconds)
        self._config = config
        self._names = Names(config)
        lexicons = read_lexicons()
        self._topics = Topics(lexicons, read_model())
        file, specs = read_presidio(), read_recognisers(config.recognisers)
        recognisers = build(file, specs)
        self._engine = Engine(
            recognisers,
            minimum_score=config.minimum_score,
            pattern_seconds=config.regex_timeout_seconds,
            folder=config.automata,
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

    def assess(self, documents: Sequence[Document]) -> list[Assessment]:
        """Return an assessment of each document, in order; what the reader could not see is carried on.

        No document's trouble raises or touches another's assessment.
        """
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
        return Assessment(
            findings=(),
            topics=(),
            gaps=_summed([*document.gaps, gap]),
            characters=0,
            language=UNKNOWN,
            detector=self.digest,
            proof=Tally(self._roster).proof(
                characters=len(document.text), languages=(), extraction=document.coverage
            ),
        )

    def _look(self, texts: Sequence[str]) -> list[_Looked]:
        most = self._config.max_characters
        looked = [
            _Looked(
                text=text[:most],
                characters=len(text),
                tally=Tally(self._roster),
                seconds=self._config.seconds_for(len(text)),
                closing_seconds=self._config.closing_seconds_for(len(text)),
            )
            for text in texts
        ]
        for one in looked:
            if one.characters > most:
                one.gaps.append(Gap(reason=GapReason.TOO_LONG, detail="detector"))
        pieces = (
            (one, start, one.text[start:end]) for one in looked for start, end in self._windows(one.text)
        )
        with self._lock:
            while batch := list(islice(pieces, self._config.batch_documents)):
                self._look_at_batch(batch)
            blind = self._lamp.check(len(looked), self._look_at_text, views)
        for one in looked:
            one.gaps.extend(Gap(reason=GapReason.NOT_COVERED, detail=name) for name in blind)
        return looked

    def _look_at_text(self, text: str) -> Sight:
        return self._engine.look(text, partial(self._names.words, text))

    def _look_at_batch(self, batch: Sequence[tuple[_Looked, int, str]]) -> None:
        with self._names.zone():
            known = self._read_together(batch)
            for one, offset, text in batch:
                budget = Budget.of(one.seconds)
                if budget.left() <= 0:
                    one.gaps.append(Gap(reason=GapReason.RECOGNISER_TIMED_OUT, detail="windows"))
                    continue
                reading = known.get(id(one)) or next(iter(self._names.read([plain(text)])))
                one.tally.read(offset, offset + reading.read_to)
                sight = self._engine.look(text, reading.words, budget=budget)
                one.tally.saw_window(offset, offset + len(text), sight.looked)
                one.findings.extend(_moved([*reading.findings, *sight.findings], offset))
                one.gaps.extend((*reading.gaps, *sight.gaps))
                checked = [finding for finding in sight.findings if finding.score >= 1]
                self._look_again(one, offset, text, budget, checked)
                one.seconds = budget.left()

    def _read_together(self, batch: Sequence[tuple[_Looked, int, str]]) -> dict[int, Reading]:
        """Return readings of the texts that are one window, by identity; each text pays by its length.

        Longer texts are read window by window, while their budgets last.
        """
        short = [one for one, _, text in batch if len(text) == len(one.text)]
        budget = Budget.of(0.0)
        readings = list(self._names.read([plain(one.text) for one in short]))
        seconds = -budget.left() / max(sum(len(one.text) for one in short), 1)
        for one in short:
            one.seconds -= seconds * len(one.text)
        return {id(one): reading for one, reading in zip(short, readings, strict=True)}

    def _look_again(
        self, one: _Looked, offset: int, text: str, budget: Budget, checked: Sequence[Finding]
    ) -> None:
        """Add what only the other views of the window `text` show, at its place.

        A view knows its places less exactly: what it shows around a finding that passed its check is that one.
        """
        try:
            for view in views(text, check=budget.check):
                budget.check()
                found = self._look_at_view(one, view, budget)
                new = [finding for finding in found if not any(_within(known, finding) for known in checked)]
                one.findings.extend(_moved(new, offset))
        except TimeoutError:
            one.gaps.append(Gap(reason=GapReason.RECOGNISER_TIMED_OUT, detail="views"))
            return
        except Exception:  # noqa: BLE001 - a view that cannot be made costs this document its clearance
            one.gaps.append(Gap(reason=GapReason.RECOGNISER_FAILED, detail="views"))
            return
        for name in VIEWS:
            one.tally.saw_view(name)

    def _look_at_view(self, one: _Looked, view: View, budget: Budget) -> Iterator[Finding]:
        if view.gap:
            one.gaps.append(view.gap)
        readings = list(self._read_view(view, budget)) if view.for_names else []
        words = readings[0][1].words if len(readings) == 1 else partial(self._names.words, view.text)
        sight = self._engine.look(view.text, words, budget=budget)
        one.tally.saw_excerpt(view.name, len(view.text), sight.looked)
        one.gaps.extend((*sight.gaps, *(gap for _, reading in readings for gap in reading.gaps)))
        found = [finding for finding in sight.findings if finding.score >= view.floor]
        # Names beside what changed were found in the text as it stands.
        named = (moved for start, reading in readings for moved in _moved(reading.findings, start))
        found += [finding for finding in named if view.changed(finding.start, finding.end)]
        for finding in found:
            yield _at(finding, *view.span(finding.start, finding.end))

    def _read_view(self, view: View, budget: Budget) -> Iterator[tuple[int, Reading]]:
        """Yield where each window of a view begins, and what the model reads in it."""
        for start, end in self._windows(view.text):
            budget.check()
            yield start, next(iter(self._names.read([view.text[start:end]])))

    def _windows(self, text: str) -> Iterator[tuple[int, int]]:
        return windows(text, characters=self._config.window_characters, overlap=self._config.window_overlap)

    def _conclude(self, one: _Looked, *, gaps: Sequence[Gap], extraction: tuple[Coverage, ...]) -> Assessment:
        budget = Budget.of(max(one.seconds, 0.0) + one.closing_seconds)
        closing = _Closing(budget)
        seen = closing.within("characters", partial(character_gaps, one.text, check=budget.check)) or []
        language = (
            closing.within("language", partial(judge_language, one.text, supported=self._names.languages))
            or NOT_JUDGED
        )
        topics = (
            closing.within("topics", partial(self._topics.judge, one.text, dict(language.passages))) or ()
        )
        all_gaps = [*gaps, *one.gaps, *seen, *closing.gaps]
        if not self._names.present:
            all_gaps.append(Gap(reason=GapReason.NO_NER_MODEL))
        if not one.text.strip():
            all_gaps.append(Gap(reason=GapReason.EMPTY_TEXT))
        return Assessment(
            findings=merge(one.findings),
            topics=topics,
            gaps=_summed([*all_gaps, *language.gaps]),
            characters=len(one.text),
            language=language.language,
            detector=self.digest,
            proof=one.tally.proof(
                characters=one.characters, languages=language.passages, extraction=extraction
            ),
        )


def _within(known: Finding, finding: Finding) -> bool:
    return known.entity == finding.entity and finding.start <= known.start and known.end <= finding.end


@dataclass(frozen=True, slots=True)
class _Closing:
    """What is done last, each as long as there is time to begin it."""

    budget: Budget
    gaps: list[Gap] = field(default_factory=list)

    def within(self, name: str, work: Callable[[], _T]) -> _T | None:
        """Return what `work` returns; None, and a gap, if the time is spent or it fails."""
        try:
            self.budget.check()
            return work()
        except TimeoutError:
            self.gaps.append(Gap(reason=GapReason.RECOGNISER_TIMED_OUT, detail=name))
        except Exception:  # noqa: BLE001 - as in `_look_again`
            self.gaps.append(Gap(reason=GapReason.RECOGNISER_FAILED, detail=name))
        return None


def _moved(findings: Iterable[Finding], offset: int) -> Iterator[Finding]:
    return (_at(finding, finding.start + offset, finding.end + offset) for finding in findings)


def _at(finding: Finding, start: int, end: int) -> Finding:
    return Finding(
        start=start, end=end, entity=finding.entity, score=finding.score, recogniser=finding.recogniser
    )


def _summed(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return one gap for each reason and detail, in a fixed order."""
    counts: Counter[tuple[GapReason, str]] = Counter()
    for gap in gaps:
        counts[gap.reason, gap.detail] += gap.count
    return tuple(
        Gap(reason=reason, detail=detail, count=counts[reason, detail]) for reason, detail in sorted(counts)
    )
