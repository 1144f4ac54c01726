"""All operators, by name."""

from __future__ import annotations

from tests.evasion import addresses, encodings, invisible, layout, noise, spelling, typography, unicode_forms
from tests.evasion.shapes import Operator

ALL = (
    *typography.OPERATORS,
    *unicode_forms.OPERATORS,
    *invisible.OPERATORS,
    *layout.OPERATORS,
    *encodings.OPERATORS,
    *spelling.OPERATORS,
    *addresses.OPERATORS,
    *noise.OPERATORS,
)
OPERATORS: dict[str, Operator] = {operator.name: operator for operator in ALL}
