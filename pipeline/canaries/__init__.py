"""Canaries: made-up documents with known identifiers, by which every night measures its own detector."""

from pipeline.canaries.compose import Canary, Planted, check_canaries, make_canaries
from pipeline.canaries.measure import NOTHING, ShutReason, Tally, measure, reason_to_shut
from pipeline.canaries.texts import CanariesUnavailable

__all__ = [
    "NOTHING",
    "CanariesUnavailable",
    "Canary",
    "Planted",
    "ShutReason",
    "Tally",
    "check_canaries",
    "make_canaries",
    "measure",
    "reason_to_shut",
]
