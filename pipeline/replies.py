"""Replies: what a model endpoint sent back, read as outside data.

Only the fields used here are looked at; whatever else a provider adds is ignored, and an
error never quotes what was received.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A model's answer as it came, and what it cost."""

    answer: str = field(repr=False)
    """Raw text of the first choice; empty when the model refused."""
    model: str
    """The name the endpoint answered with."""
    fingerprint: str
    """The provider's `system_fingerprint`, or ""."""
    prompt_tokens: int
    completion_tokens: int
    attempts: int = 1
    """Requests that were sent for this reply."""
    finish_reason: str = "stop"
    """`length` means that the answer was cut off."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Message(_Lenient):
    content: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = Field(default=None, max_length=40)


_NAME = r"^[A-Za-z0-9 ._:/@+-]*$"
"""What names of models and fingerprints are made of: both are logged and stored in clear."""
_MOST_TOKENS = 1 << 30
"""Two replies to one document still fit the column of their sum."""


class _Usage(_Lenient):
    prompt_tokens: int = Field(default=0, ge=0, lt=_MOST_TOKENS)
    completion_tokens: int = Field(default=0, ge=0, lt=_MOST_TOKENS)


class _Completion(_Lenient):
    model: str = Field(max_length=200, pattern=_NAME)
    system_fingerprint: str | None = Field(default=None, max_length=200, pattern=_NAME)
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class _Model(_Lenient):
    id: str = Field(max_length=200)


class _Models(_Lenient):
    data: list[_Model]


def read_reply(content: bytes) -> Reply | None:
    """Return the reply in the body of a chat completion, or None if it is not one."""
    try:
        completion = _Completion.model_validate_json(content)
    except ValidationError:
        return None
    choice, usage = completion.choices[0], completion.usage or _Usage()
    return Reply(
        answer=choice.message.content or "",
        model=completion.model,
        fingerprint=completion.system_fingerprint or "",
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        finish_reason=choice.finish_reason or "",
    )


def read_models(content: bytes) -> tuple[str, ...] | None:
    """Return the names in the body of a model list, or None if it is not one."""
    try:
        return tuple(model.id for model in _Models.model_validate_json(content).data)
    except ValidationError:
        return None
