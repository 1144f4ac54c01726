"""Synthetic documents with their answers: what the clerk model is trained and measured on.

Sentences come from phrases.yaml; a document picks a kind, a lead, details and a style, and fills the
slots. While a document is put together, private-use characters mark entities and sentences; they are
taken out at the end, which gives the answers without a second look at the text.

Every sixth lead and detail, and the names of `values.HELD_*`, appear only when `held` is set.
"""

from __future__ import annotations

import json
import random
import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import values
import yaml

PHRASES = yaml.safe_load((Path(__file__).parent / "phrases.yaml").read_text(encoding="utf-8"))
KINDS = list(PHRASES["kinds"])
KNOWN_WORDS = sorted(
    set(
        re.findall(
            r"(?<![{\w])[a-z]{2,}(?![}\w])", json.dumps(PHRASES["kinds"]) + json.dumps(PHRASES["words"])
        )
    )
)
IDENTIFIER_KINDS = (*values.PREFIXES, *values.SPECIAL)
MAX_ITEMS = 6
MAX_KEY_POINTS = 3
MAX_REASON = 160

PARTY, DATE, AMOUNT, IDENTIFIER = "\ue001", "\ue002", "\ue003", "\ue010"
CLOSE = "\ue0ff"
LEAD, DETAIL, SENTENCE_END = "\ue0e0", "\ue0e1", "\ue0ee"
NAMED = {"person": values.person, "org": values.organisation}
DATED = {"date": (DATE, values.date), "money": (AMOUNT, values.money)}
_MARKED = re.compile(f"([\ue001-\ue0df])([^\ue0ff]*){CLOSE}")
_SENTENCE = re.compile(f"([{LEAD}{DETAIL}])(.*?){SENTENCE_END}", re.DOTALL)
_MARKS = re.compile("[\ue000-\ue0ff]")
_SLOT = re.compile(r"\{([a-z_]+?)(\d?)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A document and the right answer to each task, by the task's name."""

    text: str
    answers: dict[str, dict[str, object]]

    def answer(self, task: str) -> str:
        """Return the answer as the model should write it: JSON with one space after commas and colons."""
        return json.dumps(self.answers[task], ensure_ascii=False)


def _split(items: list, *, held: bool) -> list:
    """Return every sixth item when `held`, else the others."""
    return [item for index, item in enumerate(items) if (index % 6 == 5) == held] or items


@dataclass(slots=True)
class Slots:
    """The values of one document's slots, each drawn once."""

    rng: random.Random
    held: bool
    drawn: dict[str, str] = field(default_factory=dict)

    def fill(self, template: str) -> str:
        """Return `template` with marked values, its first letter in upper case."""
        text = _SLOT.sub(self._value, template)
        return text[:1].upper() + text[1:]

    def _value(self, match: re.Match[str]) -> str:
        key = match[1] + match[2]
        if key not in self.drawn:
            self.drawn[key] = self._draw(match[1])
        return self.drawn[key]

    def _draw(self, name: str) -> str:
        rng = self.rng
        if name in NAMED:
            return PARTY + NAMED[name](rng, held=self.held) + CLOSE
        if name in DATED:
            mark, draw = DATED[name]
            return mark + draw(rng) + CLOSE
        if name in IDENTIFIER_KINDS:
            special = values.SPECIAL.get(name)
            text = special(rng) if special else values.number(rng, name)
            return chr(ord(IDENTIFIER) + IDENTIFIER_KINDS.index(name)) + text + CLOSE
        if name in PHRASES["words"]:
            return self._word(name)
        return {
            "n": str(rng.randint(2, 60)),
            "few": str(rng.randint(2, 9)),
            "percent": str(rng.randint(1, 99)),
            "time": f"{rng.randint(6, 19)}:{rng.choice(['00', '15', '30', '45'])}",
        }[name]

    def _word(self, name: str) -> str:
        """Return a word from the list, often with its last part replaced: what nobody knows must be copied."""
        word = self.rng.choice(PHRASES["words"][name])
        if self.rng.random() < 0.4 and name not in {"place", "street", "weekday"}:
            head = word.rpartition(" ")[0] or self.rng.choice(
                ["old", "new", "small", "red", "heavy", "local"]
            )
            word = f"{head} {values.syllables(self.rng).lower()}"
        return word


@dataclass(slots=True)
class _Draft:
    """What a style arranges: the title, the fields and the sentences of one document."""

    slots: Slots
    kind: dict
    title: str
    fields: list[str]
    sentences: list[str]

    def body(self) -> str:
        """Return the sentences as one to three paragraphs."""
        rng = self.slots.rng
        parts, paragraph = [], []
        for sentence in self.sentences:
            paragraph.append(sentence)
            if rng.random() < 0.2:
                parts.append(" ".join(paragraph))
                paragraph = []
        parts.append(" ".join(paragraph))
        return rng.choice(["\n\n", "\n\n", "\n"]).join(part for part in parts if part)


def _letter(draft: _Draft) -> str:
    rng, fill = draft.slots.rng, draft.slots.fill
    sender = fill(rng.choice(["{person}", "{person}", "{person2}", "{org}", "{person}\n{org}"]))
    head = []
    if rng.random() < 0.4:
        head.append(
            fill(
                rng.choice(
                    ["{org}", "{org}\n{street}, {place}", "{person}\n{street}\n{place}", "{street}, {place}"]
                )
            )
        )
    if rng.random() < 0.4:
        head.append(fill(rng.choice(["{date}", "Date: {date}", "{place}, {date}"])))
    if rng.random() < 0.6:
        head.append(draft.title)
    hello = [
        "Dear Sir or Madam,",
        "Hello,",
        "Dear team,",
        "Dear {person3},",
        "Dear Ms. {person3},",
        "Hi,",
        "To whom it may concern,",
    ]
    head.append(fill(rng.choice(hello)))
    bye = rng.choice(
        [
            "Sincerely,",
            "Kind regards",
            "Best regards,",
            "Yours faithfully,",
            "Thanks,",
            "With best wishes",
            "Signed:",
        ]
    )
    contact = fill(
        rng.choice(["", "", "", "\n{email}", "\n{phone}", "\n{email}, {phone}", "\nPhone: {phone}"])
    )
    return "\n\n".join([*head, draft.body(), f"{bye}\n{sender}{contact}"])


def _email(draft: _Draft) -> str:
    rng, fill = draft.slots.rng, draft.slots.fill
    lines = [
        fill(rng.choice(["From: {person}", "From: {person} <{email}>", "From: {email}", "From: {org}"])),
        fill(rng.choice(["To: {person2}", "To: {email2}", "To: {org2}", "To: the office"])),
        fill("Date: {date}"),
        f"Subject: {draft.title}",
    ]
    kept = [line for line in lines if rng.random() < 0.75]
    end = fill(rng.choice(["", "", "{person}", "Thanks, {person}", "Regards\n{person}\n{org}"]))
    return "\n".join(kept) + "\n\n" + draft.body() + ("\n\n" + end if end else "")


def _form(draft: _Draft) -> str:
    rng = draft.slots.rng
    separator = rng.choice(["\n", "\n", "\n", "   ", " | "])
    fields = [
        entry.replace(": ", rng.choice([": ", ": ", "  ", " - "])) if rng.random() < 0.2 else entry
        for entry in draft.fields
    ]
    parts = [draft.title, separator.join(fields), draft.body()]
    if rng.random() < 0.25:
        parts[1], parts[2] = parts[2], parts[1]
    if rng.random() < 0.3:
        parts.append(
            draft.slots.fill(
                rng.choice(["{person2}", "Dr. {person2}", "Signed: {person2}", "{person2}, {org}"])
            )
        )
    return "\n\n".join(parts)


def _plain(draft: _Draft) -> str:
    rng = draft.slots.rng
    text = draft.body()
    if rng.random() < 0.5:
        text = draft.title + rng.choice(["\n\n", ": ", "\n", ". "]) + text
    if rng.random() < 0.25:
        text += draft.slots.fill(
            rng.choice([" {person}", " {person}, {phone}", "\n\n{person}", " Contact: {email}"])
        )
    return text


def _markdown(draft: _Draft) -> str:
    rng = draft.slots.rng
    bullet = rng.choice(["- ", "* ", "1. "])
    head = [f"{rng.choice(['# ', '## ', ''])}{draft.title}", "\n".join(draft.fields[:2])]
    lines = "\n".join(bullet + sentence for sentence in draft.sentences)
    return "\n\n".join(part for part in [*head, lines] if part)


STYLES = {_letter: 25, _email: 18, _form: 25, _plain: 24, _markdown: 8}


def _urgency(rng: random.Random, fixed: str | None, kind: dict) -> tuple[str, str | None]:
    """Return the urgency and the sentence that shows it, if one is needed."""
    level = fixed or rng.choices(["normal", "high", "low"], weights=[50, 28, 22])[0]
    if level == "high" and (fixed is None or rng.random() < 0.3):
        return level, rng.choice(kind["urgent"] if rng.random() < 0.4 else PHRASES["urgent"])
    if level == "low":
        return level, rng.choice(PHRASES["relaxed"])
    return level, None


def strange_sentence(rng: random.Random, *, slots: bool = True) -> str:
    """Return a sentence without sense, of known and unknown words: it can only be copied."""
    words = []
    for _ in range(rng.randint(5, 16)):
        roll = rng.random()
        words.append(values.syllables(rng).lower() if roll < 0.35 else rng.choice(KNOWN_WORDS))
        if roll > 0.94:
            words[-1] += ","
    if slots and rng.random() < 0.3:
        words.append(rng.choice(["{person}", "{date}", "{money}", "{org}", "{n}"]))
    return " ".join(words).rstrip(",") + "."


def _one_line(sentence: str) -> str:
    """Return a sentence cut at a word if it is longer than a reason may be."""
    text = _clean(sentence)
    return text if len(text) <= MAX_REASON else text[:MAX_REASON].rpartition(" ")[0]


def make_sample(rng: random.Random, *, held: bool = False, kind_name: str | None = None) -> Sample:
    """Return a document and its answers; the same random state gives the same sample."""
    kind_name = kind_name or rng.choice(KINDS)
    kind = PHRASES["kinds"][kind_name]
    slots = Slots(rng, held)
    lead, department, fixed = (*rng.choice(_split(kind["leads"], held=held)), None, None)[:3]
    strange = rng.random() < 0.3
    if strange:
        department, fixed = None, None
    urgency, sign = _urgency(rng, fixed, kind)
    lead_sentence = LEAD + slots.fill(strange_sentence(rng) if strange else lead) + SENTENCE_END
    pool = _split(kind["details"], held=held)
    details = rng.sample(pool, min(len(pool), rng.choice([0, 1, 2, 2, 3, 3, 4, 5, 6])))
    details = [strange_sentence(rng) if rng.random() < 0.2 else detail for detail in details]
    others = [DETAIL + slots.fill(detail) + SENTENCE_END for detail in details]
    others += [slots.fill(rng.choice(PHRASES["filler"])) for _ in range(rng.choice([0, 0, 0, 1, 1, 2]))]
    if sign:
        others.append(LEAD + slots.fill(sign) + SENTENCE_END)
    rng.shuffle(others)
    others.insert(0 if strange or rng.random() < 0.75 else rng.randint(0, min(2, len(others))), lead_sentence)
    title = slots.fill(rng.choice(kind["titles"]))
    if rng.random() < 0.2:
        title += rng.choice([": ", " - "]) + strange_sentence(rng, slots=False)[:60].rpartition(" ")[0]
    draft = _Draft(
        slots=slots,
        kind=kind,
        title=title,
        fields=[
            slots.fill(entry)
            for entry in rng.sample(kind["fields"], min(len(kind["fields"]), rng.randint(2, 6)))
        ],
        sentences=others,
    )
    style = rng.choices(list(STYLES), weights=list(STYLES.values()))[0]
    marked = style(draft)
    if rng.random() < 0.4:
        marked = _wrapped(marked, rng.choice([60, 72, 80, 100, 110]))
    triage = {
        "document_kind": kind_name,
        "urgency": urgency,
        "department": department or kind["department"],
        "reason": _one_line(lead_sentence),
    }
    return Sample(
        text=_MARKS.sub("", marked).strip(),
        answers={"triage": triage, "extract": _entities(marked), "summarise": _summary(marked)},
    )


def _wrapped(text: str, width: int) -> str:
    """Return `text` with long lines broken, as mail programs and text editors do."""
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False, drop_whitespace=True)
        if line
        else ""
        for line in text.split("\n")
    )


def _clean(text: str) -> str:
    return " ".join(_MARKS.sub("", text).split())


def _entities(marked: str) -> dict[str, object]:
    """Return the marked entities in order of appearance, each once."""
    found: dict[str, list[object]] = {"parties": [], "dates": [], "amounts": [], "identifiers": []}
    lists = {PARTY: "parties", DATE: "dates", AMOUNT: "amounts"}
    for mark, raw in _MARKED.findall(marked):
        value: object = " ".join(raw.split())
        if mark not in lists:
            value = {"kind": IDENTIFIER_KINDS[ord(mark) - ord(IDENTIFIER)], "value": value}
        target = found[lists.get(mark, "identifiers")]
        if value not in target and len(target) < MAX_ITEMS:
            target.append(value)
    return found


def _summary(marked: str) -> dict[str, object]:
    """Return the lead sentences as the summary and the first details as key points."""
    leads, details = [], []
    for mark, sentence in _SENTENCE.findall(marked):
        (leads if mark == LEAD else details).append(_clean(sentence))
    return {"summary": " ".join(leads)[:600], "key_points": details[:MAX_KEY_POINTS]}


if __name__ == "__main__":
    source = random.Random(1)
    for _ in range(6):
        sample = make_sample(source)
        print(sample.text, "\n---")
        for task in sample.answers:
            print(task, sample.answer(task))
        print("=" * 40)
