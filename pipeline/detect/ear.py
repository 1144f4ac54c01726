"""Presidio's log messages: heard, counted, and never repeated, because they quote text."""

from __future__ import annotations

import logging
import threading
from typing import Final

from policies.assessment import GapReason


class Ear(logging.Filter):
    """Hears what Presidio says in a thread and lets no record pass.

    A filter, not a handler: a dropped record reaches no handler that others have installed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._heard = threading.local()

    def listen(self) -> None:
        """Forget what was heard in this thread."""
        self._heard.reasons = []

    def reasons(self) -> list[GapReason]:
        """Return what was heard in this thread, as reasons for gaps."""
        heard: list[GapReason] = getattr(self._heard, "reasons", [])
        return heard

    def filter(self, record: logging.LogRecord) -> bool:
        """Count a warning, and drop every record."""
        if record.levelno >= logging.WARNING:
            timed_out = "timed out" in str(record.msg)
            self.reasons().append(GapReason.RECOGNISER_TIMED_OUT if timed_out else GapReason.DETECTOR_WARNED)
        return False


EAR: Final = Ear()
_MUTE: Final = logging.CRITICAL + 1


def silence_presidio() -> None:
    """Keep Presidio's and its libraries' log messages, which quote text, out of every log."""
    logger = logging.getLogger("presidio-analyzer")
    logger.setLevel(logging.WARNING)
    logger.addFilter(EAR)
    for name in ("decision_process", "tldextract", "filelock"):
        logging.getLogger(name).setLevel(_MUTE)
