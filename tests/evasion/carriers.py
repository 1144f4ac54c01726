"""Carriers: ordinary documents in which everything but the value is public and dull."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.evasion.entities import Entity

BARE_SENTENCE = "Please note that we use {value} for this from now on."

_LETTER = """Dear all,

thank you for your help with the move to the larger meeting room. The shelves are in place, the
curtains were washed, and the coffee machine works again after the filter was replaced.

{line}

The old chairs go to the school across the street, which asked for them in spring. If you would like
to keep one of the lamps, please leave a note on the table near the door before the end of the week.

With kind regards from the house team
"""

_FORM = """REQUEST FOR OFFICE SUPPLIES

Please fill in this form and leave it in the tray beside the printer. Requests are collected every
morning and the things are usually there within three working days.

What is needed: pencils, paper, two staplers
{line}
Where it should be put: the cupboard next to the kitchen

Larger orders, such as desks and screens, are decided in the monthly meeting. The list of what was
ordered hangs on the board in the hall, so that nobody asks for the same thing twice.
"""

_MAIL = """Subject: The garden behind the building

Hello everyone,

the benches are painted and the path has new gravel. We would like to plant some tomatoes and herbs
along the wall, because it is warm there in the afternoon.

{line}

Watering is needed every other day when it does not rain. Tools are in the wooden box, and the key to
the box hangs in the kitchen. Many thanks to all of you who helped to carry the stones.

Best wishes and see you on Thursday
"""

_CHAT = """[09:12] morning, did the delivery with the paper arrive already?
[09:13] not yet, they said it would be here before lunch
[09:15] fine, the printer has enough for today, I looked this morning
[09:21] {line}
[09:22] thanks, noted
[09:30] by the way the window in the hall does not close well, somebody should have a look at it
[09:31] I told the caretaker, he wants to come after the break and bring the right screws
[09:33] great, then we can use the room again in the afternoon, it was rather cold there yesterday
"""

_TABLE = """Notes from the weekly meeting about the building, to be put on the board in the hall.

| Topic | Details |
|---|---|
| Next meeting | Thursday after lunch, in the small room |
| {label} | {value} |
| Things to bring | cups, plates and a cake if somebody likes to bake |
| Lights | the lamp on the stairs was repaired and a spare bulb lies in the drawer |

The cleaning plan stays as it is until the end of the month. Whoever empties the dishwasher puts the
cups back into the cupboard on the left, please, and not on the window sill.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A document with a place for a value."""

    name: str
    context: str
    """What stands by the value: `sentence`, `label` or `bare`."""
    fill: Callable[[Entity, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A document and where in it the value stands, as a half-open span of code points."""

    text: str
    start: int
    end: int


_MARK = "\ue000"
"""Stands for the value while a carrier is filled; no value and no carrier holds it."""


def _sentence(template: str) -> Callable[[Entity, str], str]:
    return lambda entity, value: template.format(line=entity.sentence.format(value=value))


def _labelled(template: str) -> Callable[[Entity, str], str]:
    return lambda entity, value: template.format(line=f"{entity.label}: {value}")


def _bare(template: str) -> Callable[[Entity, str], str]:
    return lambda _, value: template.format(line=BARE_SENTENCE.format(value=value))


_ALL = (
    Carrier(name="letter", context="sentence", fill=_sentence(_LETTER)),
    Carrier(name="form", context="label", fill=_labelled(_FORM)),
    Carrier(name="mail", context="sentence", fill=_sentence(_MAIL)),
    Carrier(name="chat", context="label", fill=_labelled(_CHAT)),
    Carrier(
        name="table",
        context="label",
        fill=lambda entity, value: _TABLE.format(label=entity.label, value=value),
    ),
    Carrier(name="bare_letter", context="bare", fill=_bare(_LETTER)),
    Carrier(name="bare_chat", context="bare", fill=_bare(_CHAT)),
)
CARRIERS: dict[str, Carrier] = {carrier.name: carrier for carrier in _ALL}


def carriers_for(entity: Entity, *, ungrouped: bool) -> list[Carrier]:
    """Return the carriers in which a reader knows what a value of `entity` is."""
    bare = entity.bare and not (entity.by_grouping and ungrouped)
    return [carrier for carrier in _ALL if bare or carrier.context != "bare"]


def carry(carrier: Carrier, entity: Entity, value: str) -> Carried:
    """Return the document with `value` in it."""
    head, tail = carrier.fill(entity, _MARK).split(_MARK)
    return Carried(text=f"{head}{value}{tail}", start=len(head), end=len(head) + len(value))
