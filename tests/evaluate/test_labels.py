"""What foreign labels are called here."""

from __future__ import annotations

import pytest

from pipeline.evaluate.errors import DataError
from pipeline.evaluate.labels import read_labels


@pytest.mark.parametrize(
    ("label", "entity"),
    [("PER", "PERSON"), ("gpe", "LOCATION"), ("US_SSN", "US_SSN"), ("creative-work", "WORK_OF_ART"), ("MISC", "MISC"),
     ("STREET ADDRESS", "LOCATION"), ("NEW-KIND", "NEW_KIND")],
)  # fmt: skip
def test_labels_become_entities(labels, label, entity):
    """A known label is translated, an unknown one keeps its name in capitals."""
    assert entity == labels.entity(label)


@pytest.mark.parametrize(
    ("domain", "context", "ordinary"),
    [("medical", "health", False), ("finance_complaint", "finance", False), ("Ordinary", "", True),
     ("medicalish", "", False), ("legal", "", False), ("", "", False)],
)  # fmt: skip
def test_domains_tell_a_context(labels, domain, context, ordinary):
    """A domain counts by its name, or by its name's first word."""
    assert (context, ordinary) == (labels.context(domain), labels.is_ordinary(domain))


def test_a_file_of_ones_own_goes_over_the_shipped_one(tmp_path):
    """Further lines win; the others stay."""
    path = tmp_path / "labels.yaml"
    path.write_text("entities: {PER: NICKNAME}\nunsaid: [QUOTE]\ndomains: {health: [ward]}\n")
    own = read_labels(path)
    assert (own.entity("PER"), own.entity("GPE")) == ("NICKNAME", "LOCATION")
    assert own.is_unsaid("QUOTE")
    assert own.is_unsaid("PRECEDENT")
    assert (own.context("ward_b"), own.context("medical")) == ("health", "health")


@pytest.mark.parametrize(
    "text", ["entitys: {A: B}", "entities: [A]", "entities: {A: b b}", "a: [", "domains: {law: [x]}"]
)
def test_a_wrong_file_is_refused(tmp_path, text):
    """A misspelt key is an error, not a table that does nothing."""
    path = tmp_path / "labels.yaml"
    path.write_text(text)
    with pytest.raises(DataError):
        read_labels(path)
