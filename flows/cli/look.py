"""`cordon classify`: what the detector and the policy say of each document. Stores and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from flows.cli.output import say_json
from flows.law import read_policy
from flows.night import source_problems
from flows.settings import current_settings
from flows.wiring import open_detector
from pipeline.documents import Document, Unreadable, UnreadableReason
from pipeline.read import read_chunk, split_source
from policies.assessment import Assessment
from policies.decide import Decision, decide, quarantine
from policies.policy import Policy
from storage.keys import Keys

app = typer.Typer()
_BATCH = 128


@app.command()
def classify(
    source: Annotated[str, typer.Argument(help="A file, a folder or a glob.")],
    policy: Annotated[str | None, typer.Option(help="A shipped policy's name, or a YAML file.")] = None,
    *,
    spans: Annotated[bool, typer.Option("--spans", help="Say where each finding stands.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a document; the only form.")] = True,  # noqa: ARG001 - part of the stable command line
) -> None:
    """Say how sensitive each document is, and why. Stores nothing, sends nothing."""
    settings = current_settings()
    law = read_policy(policy or settings.policy)
    identify = Keys.open(settings.home / "keys").identify
    with open_detector(settings) as detector, source_problems():
        for segments in split_source(source):
            things = read_chunk(segments, identify=identify)
            while batch := list(islice(things, _BATCH)):
                documents = [one for one in batch if isinstance(one, Document)]
                assessments = dict(
                    zip((one.id for one in documents), detector.assess(documents), strict=True)
                )
                for one in batch:
                    say_json(_line(one, assessments.get(one.id), law, spans=spans))


def _line(
    one: Document | Unreadable, assessment: Assessment | None, law: Policy, *, spans: bool
) -> dict[str, object]:
    if isinstance(one, Unreadable) or assessment is None:
        reason = one.reason if isinstance(one, Unreadable) else UnreadableReason.READER_CRASHED
        decision = quarantine(law, reason)
        return (
            _decided(one.id, one.ref, decision)
            | {
                "complete": False,
                "entities": {},
                "topics": [],
                "rules": list(decision.rules),
                "gaps": {reason.value: 1},
            }
            | ({"spans": []} if spans else {})
        )
    decision = decide(assessment, law, source=one.source)
    return (
        _decided(one.id, one.ref, decision)
        | {
            "complete": assessment.complete,
            "entities": assessment.entities,
            "topics": [topic.name for topic in assessment.topics],
            "rules": list(decision.rules),
            "gaps": assessment.gap_counts,
            "language": assessment.language,
            "detector": assessment.detector,
            "proof": assessment.proof.as_json(),
        }
        | ({"spans": list(_spans(assessment))} if spans else {})
    )


def _decided(document: str, ref: str, decision: Decision) -> dict[str, object]:
    return {"id": document, "ref": ref, "level": decision.level.label, "route": decision.route.value}


def _spans(assessment: Assessment) -> Iterator[dict[str, object]]:
    for finding in assessment.findings:
        yield {
            "type": finding.entity,
            "start": finding.start,
            "end": finding.end,
            "score": round(finding.score, 3),
        }
