"""How the stand-in for the closed API fails when it is asked to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from pipeline.placeholders import PLACEHOLDER


class FaultKind(StrEnum):
    """The ways in which a call can be made to go wrong."""

    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_DATE = "rate_limited_date"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    BAD_REQUEST = "bad_request"
    UNAUTHORISED = "unauthorised"
    REDIRECT = "redirect"
    HANG = "hang"
    RESET = "reset"
    RESET_AFTER_HEAD = "reset_after_head"
    DRIP = "drip"
    CUT_SHORT = "cut_short"
    TRUNCATED_JSON = "truncated_json"
    NOT_JSON = "not_json"
    ANSWER_NOT_JSON = "answer_not_json"
    ANSWER_WRONG_SHAPE = "answer_wrong_shape"
    ANSWER_CUT_OFF = "answer_cut_off"
    ANSWER_REFUSED = "answer_refused"
    PLACEHOLDER_LOST = "placeholder_lost"
    PLACEHOLDER_INVENTED = "placeholder_invented"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One way to fail, how often, and at most how many times."""

    kind: FaultKind
    rate: float = 1.0
    """Share of the calls, spread evenly."""
    times: int | None = None
    _due: float = 0.0

    def strikes(self) -> bool:
        """Whether this call fails; counts it."""
        if self.times == 0:
            return False
        self._due += self.rate
        if self._due < 1.0 - 1e-9:
            return False
        self._due -= 1.0
        if self.times is not None:
            self.times -= 1
        return True

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Return the fault written as `kind[:rate[:times]]`.

        Raises:
            ValueError: no such kind, or not a number.
        """
        kind, _, rest = text.partition(":")
        rate, _, times = rest.partition(":")
        return cls(kind=FaultKind(kind), rate=float(rate or 1), times=int(times) if times else None)


def spoil(answer: str, text: str, fault: FaultKind | None) -> str:
    """Return `answer`, the one to `text`, as `fault` leaves it."""
    first = PLACEHOLDER.search(text)
    token = first.group() if first else "[PERSON_1]"
    if fault in (FaultKind.PLACEHOLDER_LOST, FaultKind.PLACEHOLDER_INVENTED):
        return _mention(answer, token.lower() if fault is FaultKind.PLACEHOLDER_LOST else "[PERSON_977]")
    broken = {
        FaultKind.ANSWER_REFUSED: "",
        FaultKind.ANSWER_NOT_JSON: f"Sure! Here is the answer: {answer}",
        FaultKind.ANSWER_WRONG_SHAPE: json.dumps({"unexpected": True}),
        FaultKind.ANSWER_CUT_OFF: answer[: len(answer) // 2],
    }
    return broken.get(fault, answer) if fault is not None else answer


def _mention(answer: str, token: str) -> str:
    """Put `token` at the front of the first free string of an answer."""
    value = json.loads(answer)
    for key in ("reason", "summary"):
        if key in value:
            value[key] = f"{token} {value[key]}"
            return json.dumps(value, ensure_ascii=False)
    for inner in value.values():
        if isinstance(inner, list):
            inner[:0] = [token] if not inner or isinstance(inner[0], str) else []
            break
    return json.dumps(value, ensure_ascii=False)
