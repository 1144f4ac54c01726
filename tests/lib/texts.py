"""Documents for tests: ordinary ones, ones with names, regulated ones. Invented, and seeded by number."""

from __future__ import annotations

_THINGS = ["kettle", "bicycle", "lamp", "cupboard", "radio", "ladder", "heater", "printer"]
_ADJECTIVES = ["simple", "robust", "quiet", "light", "compact", "modern"]
_NAMES = ["Anna Becker", "Paul Schneider", "Maria Lopez", "James Carter", "Sofia Rossi", "Peter Novak"]
_KINDS = [
    "wide",
    "narrow",
    "heavy",
    "round",
    "flat",
    "tall",
    "short",
    "empty",
    "clean",
    "wooden",
    "plastic",
    "wet",
]
_ARTICLES = [
    "table",
    "chair",
    "basket",
    "bottle",
    "carpet",
    "window",
    "shelf",
    "blanket",
    "curtain",
    "bucket",
    "brush",
]


def ordinary(number: int, mark: str = "") -> str:
    """Return a text that may leave: a piece of a manual, without a person."""
    thing, kind = _THINGS[number % 8], _ADJECTIVES[number % 6]
    return (
        f"This {kind} {thing} is easy to clean. Wipe the outside with a damp cloth and let it dry before the "
        f"next use. Do not put the {thing} into water. Model variant {mark or 'standard'} has a longer cable. "
        "Keep the packaging, because the warranty covers damage during transport only in the original box."
    )


def named(number: int, mark: str = "") -> str:
    """Return a confidential text: it names a person and nothing else of theirs."""
    name = _NAMES[number % 6]
    return (
        f"Dear {name}, thank you for your note about the workshop. We have read it with interest and will answer "
        f"your questions at the next meeting. {mark} Please bring the printed agenda along. Kind regards, {name}."
    )


def regulated(number: int, mark: str = "") -> str:
    """Return a regulated text: a patient's note with an SSN."""
    name = _NAMES[number % 6]
    return (
        f"Patient {name}, SSN 536-22-{4000 + number % 5000:04d}, was admitted with chest pain and diagnosed with "
        f"angina. {mark} The cardiologist prescribed beta blockers and asked for a follow-up in two weeks."
    )


def variant(number: int) -> str:
    """Return words that tell a document from 131 others, and that nothing takes for a value and replaces.

    Two texts that differ in a number alone may be the same once pseudonymised.
    """
    return f"the {_KINDS[number % 12]} {_ARTICLES[number % 11]}"
