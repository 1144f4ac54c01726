"""What was found in texts that come again: notices and forms that are the same to the letter.

Rules
1. A text is known by its digest alone; no text is kept, and a finding holds none.
2. An assessment is what one detector makes of one text and of nothing else, so the same text gives the same
   one. What hung on the moment (time that ran out, a part that failed, a hole in the proof) is not kept.
3. It is the whole text that has to come again. Patterns, context words and joined lines reach over the borders
   of paragraphs and the names in a text hang together, so there is no smaller piece of it whose findings
   are the same in another text.
4. Only documents are answered from here. A scan (of an answer, of what is about to leave) always looks: the gate's
   last look would else repeat the first one's mistake.
5. What is kept has a bound, and the longest unused goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import blake2b
from typing import Final

from policies.assessment import Assessment, GapReason

MOST_TEXTS: Final = 20_000
_ASSESSMENT_BYTES: Final = 1_000
_FINDING_BYTES: Final = 160
"""Measured by `tracemalloc`: 3,040 bytes for an assessment of 13 findings, with its digest."""
_OF_THE_MOMENT: Final = frozenset(
    {
        GapReason.DETECTOR_WARNED,
        GapReason.NOT_COVERED,
        GapReason.RECOGNISER_FAILED,
        GapReason.RECOGNISER_TIMED_OUT,
    }
)


class Memory:
    """Assessments by the digests of their texts; safe to share between threads."""

    def __init__(self, detector: str, *, most_bytes: int) -> None:
        """Keep what the detector of that digest found, in about `most_bytes`; 0 keeps nothing."""
        self._detector = detector.encode()
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, Assessment] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return of how many texts something is kept."""
        return len(self._kept)

    def key(self, text: str) -> bytes:
        """Return what `text` is known by."""
        total = blake2b(self._detector, digest_size=32)
        total.update(text.encode("utf-8", "surrogatepass"))
        return total.digest()

    def recall(self, key: bytes) -> Assessment | None:
        """Return what was found in the text, or None if that is not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: bytes, found: Assessment) -> None:
        """Keep what was found in the text, if the same would be found again."""
        if found.proof.is_stopped or any(gap.reason in _OF_THE_MOMENT for gap in found.gaps):
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = found
            self._bytes += _size(found)
            while self._bytes > self._most_bytes or len(self._kept) > MOST_TEXTS:
                self._bytes -= _size(self._kept.popitem(last=False)[1])

    def forget(self) -> None:
        """Keep nothing of what was found so far."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0


def _size(found: Assessment) -> int:
    return _ASSESSMENT_BYTES + _FINDING_BYTES * len(found.findings)
