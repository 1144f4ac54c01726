"""From a reply to a result: the answer is scanned like a document and never ranks below its own."""

from __future__ import annotations

from typing import Literal

from flows.items import Item
from flows.tools import Tools
from pipeline.check import Answer, answer_level
from pipeline.providers import cost_microusd
from pipeline.replies import Reply
from policies.levels import Route
from storage.rows import ResultRow


def accept(
    tools: Tools, item: Item, reply: Reply, answer: Answer, *, route: Route, milliseconds: int
) -> ResultRow:
    """Return the result of a valid answer, at the stricter of the two levels (invariant 9)."""
    level, _ = answer_level(
        answer, detector=tools.detector, policy=tools.policy, document_level=item.decision.level
    )
    closed = route is not Route.ON_PREM
    return ResultRow(
        document=item.document.id,
        state="processed",
        reason="",
        route=route,
        level=level,
        answer=answer.canonical,
        model=reply.model,
        fingerprint=reply.fingerprint,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost_microusd=cost_microusd(
            tools.closed_model_for(route), reply.prompt_tokens, reply.completion_tokens
        )
        if closed
        else 0,
        milliseconds=milliseconds,
    )


def refuse(item: Item, *, state: Literal["failed", "withheld"], route: Route, reason: str) -> ResultRow:
    """Return the result of a document that got no answer, with the code of the reason."""
    return ResultRow(
        document=item.document.id,
        state=state,
        reason=reason,
        route=route,
        level=item.decision.level,
        answer=None,
        model="",
        fingerprint="",
        prompt_tokens=0,
        completion_tokens=0,
        cost_microusd=0,
        milliseconds=0,
    )
