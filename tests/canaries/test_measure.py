"""Measuring: what counts as found, what as cleared, and what shuts the closed routes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.canaries import NOTHING, Canary, Planted, ShutReason, Tally, measure, reason_to_shut
from pipeline.documents import Document
from pipeline.evaluate.intervals import Share
from policies.assessment import Assessment, Finding, Gap, GapReason
from policies.policy import parse_policy, read_shipped
from tests.lib.proofs import whole

DEFAULT = parse_policy(read_shipped("default"), name="default")
TEXT = "Her SSN is 773-22-4001 and Emily Parker has a copy of it."
CANARY = Canary(
    place=0,
    document=Document(id="0" * 32, ref="r", text=TEXT),
    planted=(Planted(entity="US_SSN", start=11, end=22), Planted(entity="PERSON", start=27, end=39)),
    language="en",
)
SSN = Finding(start=11, end=22, entity="US_SSN", score=0.9, recogniser="r")
NAME = Finding(start=27, end=39, entity="PERSON", score=0.85, recogniser="r")
GAP = Gap(reason=GapReason.LANGUAGE_UNSUPPORTED, detail="de")


def _assessed(*findings: Finding, gaps: tuple[Gap, ...] = ()) -> Assessment:
    return Assessment(
        findings=findings,
        topics=(),
        gaps=gaps,
        characters=len(TEXT),
        language="en",
        detector="sha256:0",
        proof=whole(len(TEXT)),
    )


@pytest.mark.parametrize(
    ("findings", "found"),
    [
        ((SSN, NAME), (1, 1)),
        ((NAME,), (0, 1)),
        ((), (0, 0)),
        ((replace(SSN, start=18, end=26), NAME), (1, 1)),  # overlapping is found
        ((replace(SSN, start=22, end=26), NAME), (0, 1)),  # touching is not
        ((replace(SSN, entity="US_PASSPORT"), NAME), (1, 1)),  # weighs the same
        ((replace(SSN, entity="PHONE_NUMBER"), NAME), (0, 1)),  # weighs less: it would leave pseudonymised
        ((replace(SSN, entity="NEVER_HEARD_OF"), NAME), (0, 1)),  # unlisted is confidential
        ((replace(SSN, score=0.1), NAME), (0, 1)),  # a doubt is not a finding
        ((replace(NAME, start=11, end=39),), (0, 1)),
        ((replace(SSN, start=11, end=39),), (1, 1)),
    ],
)
def test_what_counts_as_found(findings: tuple[Finding, ...], found: tuple[int, int]) -> None:
    """A finding counts where it overlaps, reaches its threshold, and weighs at least as much."""
    tally = measure(CANARY, _assessed(*findings), DEFAULT)
    assert (tally.entities["US_SSN"].hits, tally.entities["PERSON"].hits) == found
    assert (tally.canaries, tally.recall.total) == (1, 2)


@pytest.mark.parametrize(
    ("findings", "gaps", "cleared"),
    [
        ((SSN,), (), 0),
        ((NAME,), (), 1),  # would leave with its SSN in clear
        ((), (), 1),
        ((), (GAP,), 0),  # incomplete stays at home
        ((replace(SSN, score=0.1),), (), 1),  # a doubt alone is only internal
    ],
)
def test_what_counts_as_cleared(findings: tuple[Finding, ...], gaps: tuple[Gap, ...], cleared: int) -> None:
    """A canary is cleared if its document would have left by a less strict route than it demands."""
    assert measure(CANARY, _assessed(*findings, gaps=gaps), DEFAULT).cleared == cleared


def test_a_confidential_canary_must_not_leave_in_clear() -> None:
    """One that names a person may leave pseudonymised; with nothing found it would leave as it is."""
    canary = replace(CANARY, planted=CANARY.planted[1:])
    assert measure(canary, _assessed(NAME), DEFAULT).cleared == 0
    assert measure(canary, _assessed(), DEFAULT).cleared == 1


@pytest.mark.parametrize(("language", "hits"), [("en", 0), ("de", 2)])
def test_incompleteness_excuses_other_languages_only(language: str, hits: int) -> None:
    """In English a detector that says it has not seen everything has missed what it has missed."""
    tally = measure(replace(CANARY, language=language), _assessed(gaps=(GAP,)), DEFAULT)
    assert tally.recall == Share(hits=hits, total=2)


def _tally(cleared: int = 0, **entities: tuple[int, int]) -> Tally:
    return Tally(
        canaries=12,
        cleared=cleared,
        entities={name: Share(hits=hits, total=total) for name, (hits, total) in entities.items()},
    )


@pytest.mark.parametrize(
    ("tally", "reason"),
    [
        (NOTHING, None),
        (_tally(US_SSN=(12, 12), PERSON=(20, 20)), None),
        (_tally(1, US_SSN=(12, 12), PERSON=(20, 20)), ShutReason.CLEARED),  # one is too many
        (_tally(US_SSN=(11, 12), PERSON=(20, 20)), None),  # one missed may be an accident
        (_tally(US_SSN=(0, 1), PERSON=(20, 20)), None),  # so may the only one
        (_tally(US_SSN=(0, 2), PERSON=(20, 20)), ShutReason.ENTITY_RECALL),
        (_tally(US_SSN=(9, 12), PERSON=(20, 20)), ShutReason.ENTITY_RECALL),
        (_tally(US_SSN=(6, 6), PERSON=(0, 11)), ShutReason.RECALL),
        (_tally(US_SSN=(300, 300), PERSON=(280, 300)), None),  # 96.7 %
        (
            _tally(US_SSN=(300, 300), PERSON=(270, 300)),
            ShutReason.ENTITY_RECALL,
        ),  # 90 %, and surely below 95 %
        (_tally(US_SSN=(280, 300), PERSON=(270, 300)), ShutReason.RECALL),
    ],
)
def test_what_shuts(tally: Tally, reason: ShutReason | None) -> None:
    """One cleared canary does, and a recall whose whole interval is below the floor; an accident does not."""
    assert reason_to_shut(tally, 0.95) is reason


def test_a_floor_of_zero_shuts_for_cleared_canaries_only() -> None:
    """Recall alone then shuts nothing."""
    assert reason_to_shut(_tally(PERSON=(0, 50)), 0.0) is None
    assert reason_to_shut(_tally(1, PERSON=(0, 50)), 0.0) is ShutReason.CLEARED


def test_tallies_add_up() -> None:
    """Sums are by entity, whatever the order."""
    one, other = _tally(1, US_SSN=(1, 2)), _tally(US_SSN=(2, 2), PERSON=(3, 4))
    assert (
        one + other
        == other + one
        == Tally(
            canaries=24,
            cleared=1,
            entities={"PERSON": Share(hits=3, total=4), "US_SSN": Share(hits=3, total=4)},
        )
    )
    assert one + NOTHING == one
