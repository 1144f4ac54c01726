"""The lamp test: each recogniser must find a made-up example of its own, at the start and again at work.

A recogniser that finds nothing looks the same whether the text is clean or the recogniser is
broken: by a new version of a library, a pattern that was edited, a mistake in our own short cuts.
Its example tells the two apart. The examples are in `examples.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from pipeline.detect.config import DetectorUnavailable
from pipeline.detect.engine import Sight

_FILE: Final = Path(__file__).parent / "examples.yaml"
_TEXTS: Final = 1_000
"""Texts between two tests: about a chunk. One costs as much as a dense page, so a hundredth of a page a text."""
_APART: Final = ".\n\n"
"""Keeps an example's digits from running into the next one's."""


class Lamp:
    """The examples of a detector's recognisers, and when they were last looked at."""

    def __init__(self, recognisers: Sequence[str], examples: Mapping[str, str] | None = None) -> None:
        known = read_examples() if examples is None else examples
        self._expected = frozenset(recognisers) & known.keys()
        self._text = _APART.join(known[name] for name in sorted(self._expected))
        self._since = 0
        self._blind: tuple[str, ...] = ()

    def blind(self, look: Callable[[str], Sight]) -> tuple[str, ...]:
        """Return the recognisers that do not find their example any more, by name."""
        seen = {finding.recogniser for finding in look(self._text).findings}
        return tuple(sorted(self._expected - seen))

    def check(self, texts: int, look: Callable[[str], Sight]) -> tuple[str, ...]:
        """Return who is blind after `texts` more texts; tested when enough of them have gone by.

        Who was found blind stays so until a later test finds otherwise, and is tested each time.
        """
        self._since += texts
        if self._blind or self._since >= _TEXTS:
            self._blind, self._since = self.blind(look), 0
        return self._blind


def read_examples(file: Path = _FILE) -> Mapping[str, str]:
    """Return the example of each recogniser, by name.

    Raises:
        DetectorUnavailable: the file cannot be read, or holds something else.
    """
    try:
        examples = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DetectorUnavailable("examples_unreadable") from None
    if not isinstance(examples, dict) or not all(isinstance(text, str) for text in examples.values()):
        raise DetectorUnavailable("examples_unreadable")
    return examples
