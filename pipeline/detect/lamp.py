"""The lamp test: each recogniser and view must show a made-up example, at the start and again at work.

One that finds nothing looks the same whether the text is clean or it is itself broken: by a new
version of a library, a pattern that was edited, a mistake in our own short cuts. Its example tells
the two apart. The examples are in `examples.yaml` and `view_examples.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.disguise import disguise_gaps
from pipeline.detect.engine import Sight
from pipeline.detect.unread import unread_values
from pipeline.detect.views import View

_FOLDER: Final = Path(__file__).parent
_TEXTS: Final = 5_000
"""Texts between two tests: a few chunks. A test of 227 recognisers took 0.32 s of CPU, so 65 µs a text."""
_APART: Final = ".\n\n"
"""Keeps an example's digits from running into the next one's."""
_UNREAD: Final = "The IBAN is }{b` pq}p _h_d dchf `_ now, or &#71;&#66;&#51;&#50;&#78;&#87;."
"""Holds one announced value and one run of escapes, that are gaps."""
_STRICT: Final = ConfigDict(strict=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What must be found."""

    recognisers: Mapping[str, str]
    """For each recogniser a text in which it finds something."""
    views: Mapping[str, tuple[str, str]]
    """For each view a text, and what the view shows of it."""


class Lamp:
    """The examples of a detector's recognisers and views, and when they were last looked at."""

    def __init__(self, recognisers: Sequence[str], views: Sequence[str]) -> None:
        known = read_examples()
        self._expected = frozenset(recognisers) & known.recognisers.keys()
        self._text = _APART.join(known.recognisers[name] for name in sorted(self._expected))
        self._views = {name: known.views[name] for name in views if name in known.views}
        self._since = 0
        self._blind: tuple[str, ...] = ()

    def blind(self, look: Callable[[str], Sight], show: Callable[[str], Iterable[View]]) -> tuple[str, ...]:
        """Return who does not find the example any more: recognisers by name, views as `view_NAME`, gaps by detail."""
        seen = {finding.recogniser for finding in look(self._text).findings}
        gone = [
            f"view_{name}"
            for name, (text, says) in self._views.items()
            if not any(view.name == name and says in view.text for view in show(text))
        ]
        told = {gap.detail for gap in (*unread_values(_UNREAD, ()), *disguise_gaps(_UNREAD))}
        gone += sorted({"unread_value", "escapes"} - told)
        return tuple(sorted({*(self._expected - seen), *gone}))

    def check(
        self, texts: int, look: Callable[[str], Sight], show: Callable[[str], Iterable[View]]
    ) -> tuple[str, ...]:
        """Return who is blind after `texts` more texts; tested when enough of them have gone by.

        Who was found blind stays so until a later test finds otherwise, and is tested each time.
        """
        self._since += texts
        if self._blind or self._since >= _TEXTS:
            self._blind, self._since = self.blind(look, show), 0
        return self._blind


@cache
def read_examples(folder: Path = _FOLDER) -> Examples:
    """Return the shipped examples.

    Raises:
        DetectorUnavailable: a file cannot be read, or holds something else.
    """
    recognisers = TypeAdapter(dict[str, str], config=_STRICT)
    views = TypeAdapter(dict[str, tuple[str, str]], config=ConfigDict(hide_input_in_errors=True))
    try:
        return Examples(
            recognisers=recognisers.validate_python(_read(folder / "examples.yaml")),
            views=views.validate_python(_read(folder / "view_examples.yaml")),
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError):
        raise DetectorUnavailable("examples_unreadable") from None


def _read(file: Path) -> object:
    return yaml.safe_load(file.read_text(encoding="utf-8"))
