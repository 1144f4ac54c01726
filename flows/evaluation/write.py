"""The files of a report. They hold ids, offsets and counts; the one that holds text is asked for by name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from flows.evaluation.run import Evaluation
from pipeline.evaluate.report import describe_documents, describe_misses, misses

_CONTEXT: Final = 60
"""Code points shown on each side of a miss."""
_PRIVATE: Final = 0o600


def write_report(done: Evaluation, folder: Path) -> None:
    """Write `report.html`, `report.json`, and lines about documents and misses of the first system."""
    folder.mkdir(parents=True, exist_ok=True)
    from flows.evaluation.page import render  # noqa: PLC0415 - drawing costs a second that no other command pays

    (folder / "report.html").write_text(render(done.report), encoding="utf-8")
    (folder / "report.json").write_text(_dump(done.report, indent=1) + "\n", encoding="utf-8")
    _write_lines(folder / "documents.jsonl", describe_documents(done.systems[0]))
    _write_lines(folder / "misses.jsonl", describe_misses(done.systems[0]))


def write_misses(done: Evaluation, folder: Path) -> Path:
    """Write the first system's misses with their words, readable by the owner alone; return where."""
    path = folder / "misses-with-text.jsonl"
    path.unlink(missing_ok=True)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w", encoding="utf-8"
    ) as file:
        told = zip(describe_misses(done.systems[0]), misses(done.systems[0]), strict=True)
        for miss, (_, record, span) in told:
            start, end = span.span.start, span.span.end
            words = {
                "before": record.text[max(0, start - _CONTEXT) : start],
                "text": record.text[start:end],
                "after": record.text[end : end + _CONTEXT],
            }
            file.write(_dump(miss | words) + "\n")
    return path


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{_dump(row)}\n" for row in rows)


def _dump(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
