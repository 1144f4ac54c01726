"""A detecting process that fails where a text tells it to, and finds nothing anywhere else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from pipeline.detect import DetectorConfig, detecting
from pipeline.documents import Document
from policies.assessment import Assessment
from policies.proof import Proof

END, HANG, SWELL, LIE = "end the process", "never answer", "take all memory", "answer something else"
NO_PROOF = Proof(characters=0, recognisers=0, roster="", view_names=(), views=(), names_characters=0)


class Frail:
    """Dies, hangs, swells or lies on the texts that say so; loads in a moment."""

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def assess(self, documents: list[Document], **_: Any) -> list[Assessment]:
        """Fail as a text says, or return an assessment of each document that counts its characters."""
        texts = [one.text for one in documents]
        if END in texts:
            os._exit(3)
        if HANG in texts:
            time.sleep(600)
        if SWELL in texts:
            held = [b"x" * (400 << 20)]
            time.sleep(600)
            held.clear()
        return [self._assess(text) for text in texts if text != LIE]

    def _assess(self, text: str) -> Assessment:
        return Assessment(
            findings=(),
            topics=(),
            gaps=(),
            characters=len(text),
            language="en",
            detector=self.digest,
            proof=NO_PROOF,
        )


def program(digest: str) -> str:
    """Return what starts a process with a frail detector of this digest."""
    return f"from tests.lib.detecting import serve; main = serve({digest!r})"


def serve(digest: str) -> Callable[[int], None]:
    """Return a `main` as `pipeline.detect.detecting` has it."""

    def load(_: DetectorConfig) -> Frail:
        return Frail(digest)

    return lambda descriptor: detecting.main(descriptor, load)
