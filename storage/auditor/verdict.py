"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The four answers. Anything but `ok` means: do not rely on this log."""

    OK = "ok"
    TAMPERED = "tampered"
    """Something is not what was signed."""
    INCOMPLETE = "incomplete"
    """Something that was signed is not there."""
    UNVERIFIABLE = "unverifiable"
    """What would be needed to judge is missing or unreadable: nothing was found out."""

    @property
    def exit_code(self) -> int:
        """The exit code of the command line: 0 ok, 5 tampered or incomplete, 2 unverifiable."""
        return {Code.OK: 0, Code.UNVERIFIABLE: 2}.get(self, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer of a verification, publishable as it is."""

    code: Code
    reason: str = ""
    """A code for what is wrong; empty when nothing is."""
    seq: int | None = None
    """The first entry that is wrong, or no longer proven: after a root that differs, everything since the last that held."""
    size: int = 0
    """Entries that were read and found in order."""
    checkpoints: int = 0
    """Checkpoints whose root held, anchors included."""
    unsigned: int = 0
    """Entries after the newest checkpoint: not yet signed, so not yet proven."""
    is_anchored: bool = False
    """Whether the log was compared with a checkpoint that the verifier brought along."""

    def as_json(self) -> dict[str, object]:
        """Return the verdict as one JSON object."""
        return {
            "code": self.code.value,
            "reason": self.reason,
            "seq": self.seq,
            "size": self.size,
            "checkpoints": self.checkpoints,
            "unsigned": self.unsigned,
            "anchored": self.is_anchored,
        }


class Fault(Exception):  # noqa: N818 - it is found, not made
    """What ends a verification."""

    def __init__(self, code: Code, reason: str, seq: int | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.seq = seq
