"""`cordon evaluate`: how wrong the detector and a policy are on labelled documents. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli.evaluation import write_tables
from flows.cli.output import line, note, say_json
from flows.errors import CommandError, Usage
from flows.evaluation.run import Asked, evaluate_data
from flows.evaluation.write import write_misses, write_report
from flows.settings import current_settings
from pipeline.evaluate.errors import DataError
from pipeline.evaluate.readers import FORMATS

app = typer.Typer()

Data = Annotated[Path, typer.Argument(help="A labelled file, or a folder of them.")]
Policies = Annotated[
    list[str] | None, typer.Option(help="A shipped policy's name, or a YAML file; give two to compare them.")
]
DetectorName = Annotated[
    str, typer.Option(help="`shipped`, a spaCy model, a Presidio NLP configuration, or `presidio:MODEL`.")
]
Against = Annotated[str | None, typer.Option(help="A second detector, to compare with the first.")]
FormatName = Annotated[str | None, typer.Option(help=f"Skip recognising: {', '.join(FORMATS)}.")]
LabelsFile = Annotated[Path | None, typer.Option(help="YAML that says what labels are called here.")]
PublicNames = Annotated[
    Path | None, typer.Option(help="Ids of ordinary documents that truly hold a name, one a line.")
]
Sample = Annotated[int | None, typer.Option(min=1, help="At most so many documents of each set.")]
Out = Annotated[
    Path | None, typer.Option(help="Folder for report.html, report.json, documents.jsonl, misses.jsonl.")
]
FailUnder = Annotated[
    list[str] | None, typer.Option(help="Exit 1 if METRIC[:ENTITY][@SET]=VALUE is not reached.")
]
FailOver = Annotated[
    list[str] | None, typer.Option(help="Exit 1 if METRIC[:ENTITY][@SET]=VALUE is exceeded.")
]
ShowText = Annotated[
    bool, typer.Option("--show-text", help="Also write misses with their words into OUT, for your eyes only.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")]


class BelowTheBar(CommandError):  # noqa: N818 - reads as what happened
    """A condition on the figures does not hold."""


@app.command()
def evaluate(
    data: Data,
    policy: Policies = None,
    detector: DetectorName = "shipped",
    against: Against = None,
    format: FormatName = None,  # noqa: A002 - the option's name
    labels: LabelsFile = None,
    public_names: PublicNames = None,
    sample: Sample = None,
    out: Out = None,
    fail_under: FailUnder = None,
    fail_over: FailOver = None,
    *,
    show_text: ShowText = False,
    json: Json = False,
) -> None:
    """Measure recall, precision, leaks and over-routing on labelled documents. Sends nothing."""
    if show_text and out is None:
        raise Usage("--show-text writes a file: say where, with --out DIR.")
    settings = current_settings()
    asked = Asked(
        data=data,
        format=format,
        labels=labels,
        public_names=public_names,
        sample=sample,
        policies=tuple(policy or [settings.policy]),
        detectors=(detector, against) if against else (detector,),
        fail_under=tuple(fail_under or ()),
        fail_over=tuple(fail_over or ()),
    )
    try:
        done = evaluate_data(asked, settings)
    except DataError as error:
        raise Usage(f"{error}.") from None
    if done.passed_over:
        note(f"No format recognises, and therefore left out: {', '.join(done.passed_over)}")
    if out is not None:
        write_report(done, out)
        note(f"Written into {out}: report.html, report.json, documents.jsonl, misses.jsonl")
    if out is not None and show_text:
        note(f"Holds text, readable by you alone: {write_misses(done, out)}")
    if json:
        say_json(done.report)
    else:
        write_tables(done.report)
    _judge(done.report)


def _judge(report: Mapping[str, Any]) -> None:
    """Name the conditions that do not hold; raise if there is one."""
    missed = [one for one in report["conditions"] if not one["holds"]]
    for one in missed:
        line(f"✗ {one['condition']}: seen {one['seen']}", markup=False)
    if missed:
        raise BelowTheBar(f"{len(missed)} of {len(report['conditions'])} conditions do not hold.")
