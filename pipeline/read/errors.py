"""What reading can refuse."""

from __future__ import annotations

from pipeline.documents import UnreadableReason
from pipeline.errors import CordonError


class SourceError(CordonError):
    """The source as a whole cannot be read: `not_found` or `empty`."""


class ReaderUnavailable(CordonError):  # noqa: N818 - it names a state, as the model's does
    """No reader process can be started here: a fault of the installation, not of a file."""

    def __init__(self) -> None:
        super().__init__("reader_unavailable")


class Refused(Exception):  # noqa: N818 - a verdict on a record, not a fault of ours
    """A record cannot be read; it goes to quarantine for `reason`."""

    def __init__(self, reason: UnreadableReason) -> None:
        super().__init__(reason.value)
        self.reason = reason
