"""The pipeline's errors. Each is a code that may be published, never content.

Foreign exceptions hold requests, answers and rows: they are translated where they
arise and never chained, so that neither a log nor a pickle can show what they held.
"""

from __future__ import annotations


class CordonError(Exception):
    """Something went wrong, named by a code that may appear in logs and audit events."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DocumentError(CordonError):
    """One document cannot be processed; the others can."""


class TaskError(CordonError):
    """A task file is not usable: says where, and what would be."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__("task_invalid")
        self.file = file
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"

    def __reduce__(self) -> tuple[type[TaskError], tuple[str, int, str]]:
        return type(self), (self.file, self.line, self.message)


class ModelUnavailable(CordonError):  # noqa: N818 - a state of the world, and the word the glossary uses
    """The on-prem model gave no answer, after all retries."""

    def __init__(self, code: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(code)
        self.retry_after_seconds = retry_after_seconds

    def __reduce__(self) -> tuple[type[ModelUnavailable], tuple[str, float | None]]:
        return type(self), (self.code, self.retry_after_seconds)


class GateRefused(CordonError):  # noqa: N818 - reads as what happened
    """The egress gate refused to send; nothing left."""


class CallFailed(CordonError):  # noqa: N818 - reads as what happened
    """One attempt to call a model failed.

    `sent` says whether the request reached the endpoint: False when it surely did not,
    True when the endpoint answered, None when nobody can know.
    """

    def __init__(self, code: str, retry_after_seconds: float | None = None, *, sent: bool | None) -> None:
        super().__init__(code)
        self.retry_after_seconds = retry_after_seconds
        self.sent = sent

    @property
    def retryable(self) -> bool:
        """Whether another attempt could succeed where this one failed."""
        return self.code in _RETRYABLE

    @property
    def costs_document(self) -> bool:
        """Whether it is this document that cannot be answered, not the endpoint that is out of reach."""
        return self.code in _COSTS_THE_DOCUMENT

    def __reduce__(self) -> tuple[object, tuple[str, float | None, bool | None]]:
        return _call_failed, (self.code, self.retry_after_seconds, self.sent)


def _call_failed(code: str, retry_after_seconds: float | None, sent: bool | None) -> CallFailed:  # noqa: FBT001 - the shape pickle stores
    return CallFailed(code, retry_after_seconds, sent=sent)


_RETRYABLE = frozenset(
    {"no_connection", "connection_lost", "timed_out", "rate_limited", "server_error", "bad_response"}
)
_COSTS_THE_DOCUMENT = frozenset({"too_long_for_model", "bad_request"})
