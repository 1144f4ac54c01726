"""Levels and routes: how sensitive a document is, and where it may go."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final


class Level(IntEnum):
    """How sensitive a document is. Ordered, so that `max` never lowers one."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    REGULATED = 3

    @property
    def label(self) -> str:
        """The level's name as policies, results and the audit log write it."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Level:
        """Return the level called `label`.

        Raises:
            ValueError: no level has that name.
        """
        for level in cls:
            if level.label == label:
                return level
        allowed = ", ".join(level.label for level in cls)
        message = f"unknown level; allowed: {allowed}"
        raise ValueError(message)


class Route(StrEnum):
    """Where a document is processed."""

    ON_PREM = "on_prem"
    CLOSED = "closed"
    CLOSED_PSEUDONYMISED = "closed_pseudonymised"
    QUARANTINE = "quarantine"

    @property
    def leaves(self) -> bool:
        """Whether any form of the document goes to the closed API."""
        return self in (Route.CLOSED, Route.CLOSED_PSEUDONYMISED)


STRICTNESS: Final[Mapping[Route, int]] = MappingProxyType(
    {Route.CLOSED: 0, Route.CLOSED_PSEUDONYMISED: 1, Route.ON_PREM: 2, Route.QUARANTINE: 3}
)
"""How much each route holds back: the text leaves, leaves without its findings, stays, is not even processed."""
