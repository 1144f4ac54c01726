"""Permits: the single-use right to send exact bytes to the closed API.

Rules
1. A permit is made here and nowhere else, from a decision whose route leaves.
2. It names the bytes by digest, the document, the model and the decision with its policy.
3. It expires. That it is used once is the gate's to see to.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import InitVar, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn, SupportsIndex

from policies.decide import Decision
from policies.levels import Level

PERMIT_LIFETIME: Final = timedelta(hours=1)
"""Longer than any chunk waits for its turn, shorter than a night."""
_MINT: Final = object()


class PermitRefused(Exception):  # noqa: N818 - a verdict, not a fault
    """No permit is given; the message is a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The right to send one request body, once. Made by `issue_permit` only."""

    id: str
    """32 hex digits, random."""
    document: str
    decision: Decision
    body_digest: str
    """Hex SHA-256 of the exact request body."""
    model: str
    expires: datetime
    """Aware, UTC."""
    mint: InitVar[object] = None

    def __post_init__(self, mint: object) -> None:
        if mint is not _MINT:
            raise PermitRefused("not_from_the_policy")

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise PermitRefused("not_from_the_policy")


def issue_permit(decision: Decision, *, document: str, body: bytes, model: str, now: datetime) -> Permit:
    """Return the right to send `body` to `model` once, before it expires.

    Raises:
        PermitRefused: the decision does not let the document leave, or something is not named.
    """
    if not decision.route.leaves:
        raise PermitRefused("route_does_not_leave")
    if decision.level >= Level.REGULATED:
        raise PermitRefused("regulated")
    if now.tzinfo is None:
        raise PermitRefused("time_without_zone")
    if not (document and body and model):
        raise PermitRefused("not_named")
    return Permit(
        id=uuid.uuid4().hex,
        document=document,
        decision=decision,
        body_digest=hashlib.sha256(body).hexdigest(),
        model=model,
        expires=now.astimezone(UTC) + PERMIT_LIFETIME,
        mint=_MINT,
    )


def readmit_permit(
    decision: Decision,
    *,
    permit: str,
    document: str,
    body: bytes,
    model: str,
    expires: datetime,
    now: datetime,
) -> Permit:
    """Return a permit that another process issued, made again where the gate is a process of its own.

    It is worth what is said about it: the caller must find the intent of exactly this permit in the signed
    audit log before anything is done with it.

    Raises:
        PermitRefused: what `issue_permit` refuses, or a permit that would live longer than one can.
    """
    fresh = issue_permit(decision, document=document, body=body, model=model, now=now)
    if expires.tzinfo is None or expires > fresh.expires:
        raise PermitRefused("expires_too_late")
    return replace(fresh, id=permit, expires=expires.astimezone(UTC), mint=_MINT)
