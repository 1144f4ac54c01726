"""The matrix: what becomes of a value in each spelling, as `cordon run` would decide it.

Rules
1. *Cleared*: the document would leave as it is. *Survives*: it would leave pseudonymised, and the value's
   spelling still stands in what leaves, wholly or for the most part. Both are leaks.
2. *Finding* or *gap*: what held it back; a gap, if without it some form of the document would leave. The
   gate's last look counts as `gate`: a document whose pseudonymised text it refuses stays.
3. Every case is named by entity, operators, carrier and seed, and is the same on every machine.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from itertools import islice

from pipeline.detect import Detector
from pipeline.documents import Document
from pipeline.placeholders import PLACEHOLDER, outside_placeholders
from pipeline.pseudonymise import pseudonymise_until_clean
from policies.assessment import Assessment
from policies.decide import Decision, decide
from policies.levels import Route
from policies.policy import Policy, parse_policy, read_shipped
from tests.evasion.carriers import CARRIERS, Carried, carriers_for, carry
from tests.evasion.entities import ENTITIES
from tests.evasion.operators import OPERATORS
from tests.evasion.shapes import recovers

SHARDS = 4
_SAMPLE = 320
_SAMPLE_SEED = 20_220
_KEY = b"evasion matrix, not a secret key"
_BATCH = 64
_SURVIVING_SHARE = 0.5
"""Of a spelling's visible characters: more than this left in what leaves, and most of the value is readable."""


_LONGEST_SPELLING = 3_000
"""Code points. A longer one, made of several encodings of a key, is most of its document and no value in prose."""


class Outcome(StrEnum):
    """What became of a document."""

    CLEARED = "cleared"
    SURVIVES = "survives"
    FINDING = "finding"
    GAP = "gap"
    GATE = "gate"

    @property
    def leaks(self) -> bool:
        """Whether the value went out."""
        return self in (Outcome.CLEARED, Outcome.SURVIVES)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Case:
    """A document with a value in some spelling."""

    entity: str
    operators: tuple[str, ...]
    carrier: str
    seed: int

    def __str__(self) -> str:
        return f"{self.entity}/{'+'.join(self.operators) or 'plain'}/{self.carrier}/{self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The document of a case."""

    case: Case
    value: str = field(repr=False)
    spelling: str = field(repr=False)
    carried: Carried = field(repr=False)


def parse_case(text: str) -> Case:
    """Return the case that `str(case)` names.

    Raises:
        ValueError: it does not name one.
    """
    entity, operators, carrier, seed = text.split("/")
    names = () if operators == "plain" else tuple(operators.split("+"))
    unknown = [name for name in names if name not in OPERATORS]
    if entity not in ENTITIES or carrier not in CARRIERS or unknown:
        raise ValueError("no such entity, operator or carrier")
    return Case(entity=entity, operators=names, carrier=carrier, seed=int(seed))


def write(case: Case) -> Written | None:
    """Return the document of `case`, or None where its operators change nothing or do not keep the value."""
    entity = ENTITIES[case.entity]
    operators = [OPERATORS[name] for name in case.operators]
    rng = random.Random(zlib.crc32(str(case).encode()))
    value = spelling = entity.make(rng)
    for operator in operators:
        before = spelling
        if entity.shape not in operator.shapes or len(before) < 2:
            return None
        spelling = operator.apply(before, rng)
        if spelling == before:
            return None
    if len(spelling) > _LONGEST_SPELLING or not _read_back(spelling, value, case):
        return None
    carried = carry(CARRIERS[case.carrier], entity, spelling)
    return Written(case=case, value=value, spelling=spelling, carried=carried)


def _read_back(spelling: str, value: str, case: Case) -> bool:
    operators = [OPERATORS[name] for name in case.operators]
    read = spelling
    try:
        for operator in reversed(operators):
            read = operator.undo(read)
    except (ValueError, IndexError, KeyError, ArithmeticError):
        # Not what the operator writes: some other operator has changed it too much.
        return False
    return recovers(read, value, operators, ENTITIES[case.entity].shape)


def plain_cases(*, seeds: int = 1) -> Iterator[Case]:
    """Yield each entity as it is usually written, in each of its carriers."""
    for entity in ENTITIES.values():
        for carrier in carriers_for(entity, ungrouped=False):
            for seed in range(seeds):
                yield Case(entity=entity.name, operators=(), carrier=carrier.name, seed=seed)


def single_cases(
    *, seeds: int = 1, carriers: int | None = None, operator: str | None = None
) -> Iterator[Case]:
    """Yield each entity with each operator that fits, in `carriers` of its carriers (all by default), by turns."""
    for at, entity in enumerate(ENTITIES.values()):
        for turn, found in enumerate(OPERATORS.values()):
            if entity.shape not in found.shapes or operator not in (None, found.name):
                continue
            fitting = carriers_for(entity, ungrouped=found.ungroups)
            few = len(fitting) if carriers is None else min(carriers, len(fitting))
            for shift in range(few):
                carrier = fitting[(at + turn + shift * len(fitting) // few) % len(fitting)]
                for seed in range(seeds):
                    yield Case(entity=entity.name, operators=(found.name,), carrier=carrier.name, seed=seed)


def compositions(*, seed: int) -> Iterator[Case]:
    """Yield cases of two or three different operators at random, without end; `write` turns many down."""
    rng = random.Random(seed)
    entities, names = list(ENTITIES.values()), list(OPERATORS)
    while True:
        entity = rng.choice(entities)
        fitting = [name for name in names if entity.shape in OPERATORS[name].shapes]
        chosen = tuple(rng.sample(fitting, rng.choice((2, 3))))
        ungrouped = any(OPERATORS[name].ungroups for name in chosen)
        carrier = rng.choice(carriers_for(entity, ungrouped=ungrouped))
        yield Case(entity=entity.name, operators=chosen, carrier=carrier.name, seed=rng.randrange(1_000_000))


def sample(shard: int) -> Iterator[Written]:
    """Yield the compositions of one of the `SHARDS` parts of the tests' sample."""
    return islice(written(compositions(seed=_SAMPLE_SEED + shard)), _SAMPLE // SHARDS)


def written(cases: Iterable[Case]) -> Iterator[Written]:
    """Yield the documents of those of `cases` that have one."""
    return (document for case in cases if (document := write(case)) is not None)


def judge(
    documents: Iterable[Written], detector: Detector, policy: Policy | None = None
) -> Iterator[tuple[Written, Outcome]]:
    """Yield what becomes of each document, in order."""
    policy = policy or default_policy()
    left = iter(documents)
    while batch := list(islice(left, _BATCH)):
        for one, assessment in zip(batch, _assess(batch, detector), strict=True):
            yield one, _outcome(one, assessment, detector, policy)


@cache
def default_policy() -> Policy:
    """Return `policies/default.yaml`."""
    return parse_policy(read_shipped("default"), name="default.yaml")


def _assess(batch: Sequence[Written], detector: Detector) -> list[Assessment]:
    return detector.assess(
        [Document(id=f"{at:032x}", ref=str(at), text=one.carried.text) for at, one in enumerate(batch)]
    )


def _outcome(one: Written, assessment: Assessment, detector: Detector, policy: Policy) -> Outcome:
    decision = decide(assessment, policy)
    if decision.route is Route.CLOSED:
        return Outcome.CLEARED
    if decision.route is Route.CLOSED_PSEUDONYMISED:
        hidden = pseudonymise_until_clean(one.carried.text, assessment.findings, scan=detector.scan, key=_KEY)
        if _refused(hidden.text, decision, detector, policy):
            return Outcome.GATE
        return Outcome.SURVIVES if _survives(one, hidden.text) else Outcome.FINDING
    without_gaps = decide(replace(assessment, gaps=()), policy)
    return Outcome.GAP if without_gaps.route.leaves else Outcome.FINDING


def _refused(text: str, decision: Decision, detector: Detector, policy: Policy) -> bool:
    """Whether the gate's last look keeps `text`: what is found outside placeholders must be allowed out."""
    assessment = detector.scan(text)
    left = replace(assessment, findings=outside_placeholders(text, assessment.findings))
    together = decide(left, policy)
    alone = decide(replace(left, topics=()), policy)
    return alone.route is not Route.CLOSED or together.level > decision.level or not together.route.leaves


def _survives(one: Written, left: str) -> bool:
    """Whether most of the spelling's visible characters stand in `left`, in place."""
    visible = sum(not c.isspace() for c in one.spelling)
    return kept(one.carried, left) > _SURVIVING_SHARE * visible


def kept(carried: Carried, left: str) -> int:
    """Return how many visible characters of the spelling stand in `left`, a text with placeholders.

    The pieces between placeholders come in the order of the original, so each is looked for behind the last.
    """
    at, count = 0, 0
    for piece in PLACEHOLDER.split(left):
        found = carried.text.find(piece, at)
        if found < 0:
            return carried.end - carried.start
        at = found + len(piece)
        inside = carried.text[max(found, carried.start) : min(at, carried.end)]
        count += sum(not c.isspace() for c in inside)
    return count
