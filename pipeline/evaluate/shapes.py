"""The shapes in which JSON says what is labelled where: recognised by their keys.

| shape | object |
|---|---|
| `cordon` | `{"text", "spans": [[start, end, label] or {"start", "end", "label"}, …]}`, also Prodigy's |
| `presidio` | presidio-research: `{"full_text", "spans": [{"entity_type", "start_position", "end_position"}, …]}` |
| `doccano` | `{"text" or "data", "label" or "labels" or "entities": [[start, end, label], …]}` |
| `label-studio` | `{"data": {"text"}, "annotations": [{"result": [{"value": {"start", "end", "labels"}}, …]}]}` |
| `spacy` | `[text, {"entities": [[start, end, label], …]}]` |

All offsets are code points, half open. A field that is wrong raises `DataError` with its name; nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

RawSpan = tuple[int, int, str]


class ShapeError(Exception):
    """A field is missing or wrong; holds its name and what is wrong, no value."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field = field_name
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """What one object says, before labels are mapped."""

    id: str
    text: str = field(repr=False)
    spans: tuple[RawSpan, ...]
    labelled: bool = True
    domain: str = ""
    sensitive: bool | None = None
    level: str = ""


def recognise(raw: Any) -> str:
    """Return the name of the shape that `raw` has, or nothing."""
    if isinstance(raw, dict):
        return next((name for name, fits in _FITS if fits(raw)), "")
    is_pair = isinstance(raw, list) and len(raw) == len(("text", "entities"))
    if is_pair and isinstance(raw[0], str) and isinstance(raw[1], dict) and "entities" in raw[1]:
        return "spacy"
    return ""


_DOCCANO_KEYS: Final = ("label", "labels", "entities")
_FITS: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...]] = (
    ("presidio", lambda raw: "full_text" in raw and "spans" in raw),
    ("label-studio", lambda raw: isinstance(raw.get("data"), dict) and "annotations" in raw),
    ("cordon", lambda raw: "text" in raw and "spans" in raw),
    (
        "doccano",
        lambda raw: (
            isinstance(raw.get("text", raw.get("data")), str) and any(key in raw for key in _DOCCANO_KEYS)
        ),
    ),
)
"""The first that fits."""


def parse(raw: Any, shape: str) -> RawRecord:
    """Return what `raw` says in the shape of that name.

    Raises:
        ShapeError: a field is missing or wrong.
    """
    if not isinstance(raw, list if shape == "spacy" else dict):
        raise ShapeError("", "is no object" if shape != "spacy" else "is no pair of text and entities")
    return SHAPES[shape](raw)


def _cordon(raw: Mapping[str, Any]) -> RawRecord:
    sensitive = raw.get("sensitive")
    if sensitive is not None and not isinstance(sensitive, bool):
        raise ShapeError("sensitive", "is neither true nor false")
    labelled = raw.get("labelled", True)
    if not isinstance(labelled, bool):
        raise ShapeError("labelled", "is neither true nor false")
    return RawRecord(
        id=_id(raw, "id"),
        text=_text(raw, "text"),
        spans=tuple(_spans(raw, "spans", starts="start", ends="end", label="label")),
        labelled=labelled,
        domain=_word(raw, "domain"),
        sensitive=sensitive,
        level=_word(raw, "level"),
    )


def _presidio(raw: Mapping[str, Any]) -> RawRecord:
    spans = _spans(raw, "spans", starts="start_position", ends="end_position", label="entity_type")
    return RawRecord(id=_id(raw, "sample_id"), text=_text(raw, "full_text"), spans=tuple(spans))


def _doccano(raw: Mapping[str, Any]) -> RawRecord:
    key = next((name for name in _DOCCANO_KEYS if name in raw), "label")
    text = _text(raw, "text" if "text" in raw else "data")
    return RawRecord(
        id=_id(raw, "id"),
        text=text,
        spans=tuple(_spans(raw, key, starts="start_offset", ends="end_offset", label="label")),
    )


def _label_studio(raw: Mapping[str, Any]) -> RawRecord:
    data, annotations = raw.get("data"), raw.get("annotations")
    if not isinstance(data, dict):
        raise ShapeError("data", "is no object")
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        raise ShapeError("annotations", "is no list of objects")
    spans: list[RawSpan] = []
    for annotation in annotations[:1]:  # a second one is another person's opinion about the same text
        for number, result in enumerate(annotation.get("result") or ()):
            value = result.get("value") if isinstance(result, dict) else None
            if not isinstance(value, dict) or "labels" not in value:
                continue  # a relation or a choice says nothing about a span
            place = f"annotations.result[{number}]"
            named = value["labels"] if isinstance(value["labels"], list) else [None]
            spans.extend(_span((value.get("start"), value.get("end"), label), place) for label in named)
    return RawRecord(
        id=_id(raw, "id"), text=_text(data, "text"), spans=tuple(spans), labelled=bool(annotations)
    )


def _spacy(raw: list[Any]) -> RawRecord:
    if recognise(raw) != "spacy":
        raise ShapeError("", "is no pair of text and entities")
    spans = _spans(raw[1], "entities", starts="start", ends="end", label="label")
    return RawRecord(id="", text=raw[0], spans=tuple(spans))


SHAPES: Final[Mapping[str, Callable[[Any], RawRecord]]] = MappingProxyType(
    {
        "cordon": _cordon,
        "presidio": _presidio,
        "doccano": _doccano,
        "label-studio": _label_studio,
        "spacy": _spacy,
    }
)


def _spans(raw: Mapping[str, Any], key: str, *, starts: str, ends: str, label: str) -> Iterator[RawSpan]:
    found = raw.get(key)
    if not isinstance(found, list):
        raise ShapeError(key, "is no list")
    for number, one in enumerate(found):
        if isinstance(one, dict):
            yield _span((one.get(starts), one.get(ends), one.get(label)), f"{key}[{number}]")
        elif isinstance(one, list) and len(one) == len(("start", "end", "label")):
            yield _span(tuple(one), f"{key}[{number}]")
        else:
            raise ShapeError(f"{key}[{number}]", "is no start, end and label")


def _span(raw: tuple[Any, ...], place: str) -> RawSpan:
    start, end, label = raw
    if not (type(start) is int and type(end) is int):
        raise ShapeError(place, "has an offset that is no whole number")
    if not isinstance(label, str) or not label.strip():
        raise ShapeError(place, "has no label")
    return start, end, label


def _text(raw: Mapping[str, Any], key: str) -> str:
    if not isinstance(raw.get(key), str):
        raise ShapeError(key, "is missing or no text")
    return str(raw[key])


def _id(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key, raw.get("id", ""))
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ShapeError(key, "is neither text nor a whole number")
    return str(value)


def _word(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key) or ""
    if not isinstance(value, str):
        raise ShapeError(key, "is no text")
    return value
