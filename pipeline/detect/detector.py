"""The detector: every recogniser over every character of every document, or a gap that says which not."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Final

from pipeline.detect.again import OtherViews
from pipeline.detect.catalogue import build, limit_patterns
from pipeline.detect.config import DetectorConfig, DetectorUnavailable
from pipeline.detect.ear import silence_presidio
from pipeline.detect.engine import Engine, Sight
from pipeline.detect.lamp import Lamp
from pipeline.detect.looked import Looked, moved, summed, sure
from pipeline.detect.manifest import (
    Manifest,
    ManifestDrift,
    Parts,
    differences,
    digest_manifest,
    make_manifest,
    read_manifest,
)
from pipeline.detect.memory import Memory
from pipeline.detect.merge import merge
from pipeline.detect.names import Names, Reading
from pipeline.detect.search import Budget
from pipeline.detect.specs import read_presidio, read_recognisers
from pipeline.detect.stages import Stages
from pipeline.detect.tally import Roster, Tally
from pipeline.detect.topics import Topics, read_lexicons, read_model
from pipeline.detect.views import VIEWS, plain, views
from pipeline.detect.windows import windows
from pipeline.documents import Document
from policies.assessment import Assessment, Gap, GapReason
from policies.proof import Coverage
from policies.settled import Known, Settled

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
        self._views = OtherViews(engine=self._engine, names=self._names, cut=self._cut)
        self._stages = Stages(
            engine=self._engine,
            names=self._names,
            topics=Topics(lexicons, read_model()),
            views=self._views,
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
        self._memory = Memory(self.digest, most_bytes=config.remembered_bytes)
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
        ends_early = any(settled) and self._names.reads_apart
        asked = [
            _Asked(one.text, one.gaps, says) if ends_early else _Asked(one.text)
            for one, says in zip(documents, settled or (None,) * len(documents), strict=True)
        ]
        found = self._find(asked)
        return [
            _with_reader(found[one], gaps=document.gaps, extraction=document.coverage)
            for one, document in zip(asked, documents, strict=True)
        ]

    def scan(self, text: str) -> Assessment:
        """Return the assessment of a text that is no document: an answer, a request body.

        Never from memory: the last look at what is about to leave is a look, not a recollection of the first.
        """
        (seen,) = self._look([text])
        return self._conclude(seen)

    def unseen(self, document: Document, gap: Gap) -> Assessment:
        """Return the assessment of a document at which nobody could look, because of `gap`; its text is not touched."""
        nothing = self._nothing_of("", characters=len(document.text))
        nothing.gaps.append(gap)
        return _with_reader(self._conclude(nothing), gaps=document.gaps, extraction=document.coverage)

    def _find(self, asked: Sequence[_Asked]) -> dict[_Asked, Assessment]:
        """Return what is in the texts; the same text is looked at once, and not at all if it is remembered."""
        keys = {one: self._memory.key(one.text) for one in asked}
        found = {one: known for one, key in keys.items() if (known := one.recall(self._memory, key))}
        fresh = [one for one in keys if one not in found]
        in_stages = any(one.settled for one in fresh)
        looked = self._look_in_stages(fresh) if in_stages else self._look([one.text for one in fresh])
        for one, seen in zip(fresh, looked, strict=True):
            found[one] = self._conclude(seen)
            self._memory.keep(keys[one], found[one])
        return found

    def _begin(self, text: str) -> Looked:
        most = self._config.max_characters
        one = self._nothing_of(text[:most], characters=len(text))
        if one.characters > most:
            one.gaps.append(Gap(reason=GapReason.TOO_LONG, detail="detector"))
        if not self._names.present:
            one.gaps.append(Gap(reason=GapReason.NO_NER_MODEL))
        if not one.text.strip():
            one.gaps.append(Gap(reason=GapReason.EMPTY_TEXT))
        return one

    def _nothing_of(self, text: str, *, characters: int) -> Looked:
        return Looked(
            text=text,
            characters=characters,
            tally=Tally(self._roster),
            seconds=self._config.seconds_for(characters),
            closing_seconds=self._config.closing_seconds_for(characters),
        )

    def _look(self, texts: Sequence[str]) -> list[Looked]:
        looked = [self._begin(text) for text in texts]
        pieces = ((one, start, one.text[start:end]) for one in looked for start, end in self._cut(one.text))
        with self._lock:
            while batch := list(islice(pieces, self._config.batch_documents)):
                self._look_at_batch(batch)
            self._test_lamp(looked)
        for one in looked:
            self._stages.read_characters(one)
            self._stages.judge(one)
            self._stages.tell_unread(one)
        return looked

    def _look_in_stages(self, asked: Sequence[_Asked]) -> list[Looked]:
        looked = [self._begin(one.text) for one in asked]
        waiting = zip(looked, asked, strict=True)
        with self._lock:
            while batch := list(islice(waiting, self._config.batch_documents)):
                with self._names.zone():
                    for one, wanted in batch:
                        self._stages.look(one, wanted.gaps, wanted.settled)
            self._test_lamp(looked)
        return looked

    def _test_lamp(self, looked: Sequence[Looked]) -> None:
        blind = self._lamp.check(len(looked), self._look_at_text, views)
        if blind:
            self._memory.forget()  # it may have been blind for a while
        for one in looked:
            one.gaps.extend(Gap(reason=GapReason.NOT_COVERED, detail=name) for name in blind)

    def _look_at_text(self, text: str) -> Sight:
        return self._engine.look(text, partial(self._names.words, text))

    def _look_at_batch(self, batch: Sequence[tuple[Looked, int, str]]) -> None:
        with self._names.zone():
            known = self._read_together(batch)
            for one, offset, text in batch:
                budget = Budget.of(one.seconds)
                if one.timed_out("windows", budget):
                    continue
                reading = known.get(id(one)) or next(iter(self._names.read([plain(text)])))
                one.tally.read(offset, offset + reading.read_to)
                sight = self._engine.look(text, reading.words, budget=budget)
                one.tally.saw_window(offset, offset + len(text), sight.looked)
                one.findings.extend(moved([*reading.findings, *sight.findings], offset))
                one.gaps.extend((*reading.gaps, *sight.gaps))
                self._views.look(one, offset, text, budget, sure(sight.findings))
                one.seconds = budget.left()

    def _read_together(self, batch: Sequence[tuple[Looked, int, str]]) -> dict[int, Reading]:
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

    def _conclude(self, one: Looked) -> Assessment:
        return Assessment(
            findings=merge(one.findings),
            topics=one.topics,
            gaps=summed(one.gaps),
            characters=len(one.text),
            language=one.language.language,
            detector=self.digest,
            proof=one.tally.proof(
                characters=one.characters, languages=one.language.passages, skipped=one.skipped
            ),
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A text to be looked at; two that are equal get one answer."""

    text: str = field(repr=False)
    gaps: tuple[Gap, ...] = ()
    """What the reader could not see, if it matters when the look ends."""
    settled: Settled | None = None

    def recall(self, memory: Memory, key: bytes) -> Assessment | None:
        """Return what is remembered of the text, unless looking at it now would have ended early.

        What settles a document once all is known may have settled it before; what does not, never did.
        """
        found = memory.recall(key)
        if found is None or self.settled is None:
            return found
        known = Known(findings=found.findings, topics=found.topics, gaps=(*self.gaps, *found.gaps))
        return None if self.settled(known) else found


def _with_reader(found: Assessment, *, gaps: tuple[Gap, ...], extraction: tuple[Coverage, ...]) -> Assessment:
    """Return what was found in a text as the assessment of the document that it was read from."""
    if not gaps and not extraction:
        return found
    proof = replace(found.proof, extraction=extraction)
    return replace(found, gaps=summed([*gaps, *found.gaps]), proof=proof)
