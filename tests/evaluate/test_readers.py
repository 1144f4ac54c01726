"""Every format says the same document; what is wrong is named by its place and never quoted."""

from __future__ import annotations

import gzip
import json

import pytest

from pipeline.evaluate.errors import DataError
from pipeline.evaluate.readers import read_sets
from pipeline.evaluate.records import LabelledSpan
from policies.levels import Level

TEXT = "Mary Walker flew to New York ."
SPANS = (LabelledSpan(start=0, end=11, entity="PERSON"), LabelledSpan(start=20, end=28, entity="LOCATION"))
TRIPLES = [[0, 11, "PER"], [20, 28, "GPE"]]
OFFSETS = [{"start": start, "end": end, "label": label} for start, end, label in TRIPLES]
RESULTS = [
    {"type": "labels", "value": {"start": one["start"], "end": one["end"], "labels": [one["label"]]}}
    for one in OFFSETS
]
POSITIONS = [
    {"entity_type": label, "entity_value": TEXT[start:end], "start_position": start, "end_position": end}
    for start, end, label in TRIPLES
]
CONLL_2003 = """-DOCSTART- -X- -X- O

Mary NNP I-NP I-PER
Walker NNP I-NP I-PER
flew VBD I-VP O
to TO I-PP O
New NNP I-NP I-LOC
York NNP I-NP I-LOC
. . O O
"""
IOB2 = "Mary\tB-PER\nWalker\tI-PER\nflew\tO\nto\tO\nNew\tB-LOC\nYork\tI-LOC\n.\tO\n\n"
BIOES = IOB2.replace("I-PER", "E-PER").replace("I-LOC", "E-LOC")
CONLLU = "# newdoc id = 1\n# text = Mary\n" + "".join(
    f"{number}\t{line}\n" for number, line in enumerate(IOB2.strip().split("\n"), 1)
)


def _lines(*objects):
    return "".join(json.dumps(one) + "\n" for one in objects)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (_lines({"id": "a", "text": TEXT, "spans": TRIPLES}), "cordon"),
        (_lines({"text": TEXT, "spans": OFFSETS, "tokens": []}), "cordon"),
        (json.dumps([{"text": TEXT, "spans": TRIPLES}], indent=1), "cordon"),
        (json.dumps([{"full_text": TEXT, "spans": POSITIONS, "masked": "x"}]), "presidio"),
        (_lines({"full_text": TEXT, "spans": POSITIONS}), "presidio"),
        (_lines({"id": 1, "text": TEXT, "label": TRIPLES}), "doccano"),
        (_lines({"id": 1, "data": TEXT, "label": TRIPLES}), "doccano"),
        (
            json.dumps([{"id": 3, "data": {"text": TEXT}, "annotations": [{"result": RESULTS}]}]),
            "label-studio",
        ),
        (json.dumps([[TEXT, {"entities": TRIPLES}]]), "spacy"),
        (_lines([TEXT, {"entities": TRIPLES}]), "spacy"),
        (CONLL_2003, "conll"),
        (IOB2, "conll"),
        (BIOES, "conll"),
        (CONLLU, "conll"),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_every_format_says_the_same(tmp_path, labels, content, name, compressed):
    """The format is recognised from the content, compressed or not, whatever the file is called."""
    path = tmp_path / "data"
    path.write_bytes(gzip.compress(content.encode()) if compressed else content.encode())
    (found,) = read_sets(path, labels).sets
    (record,) = found.records
    assert (name, TEXT, SPANS) == (found.format, record.text, record.spans)
    (again,) = read_sets(path, labels, format=name).sets
    assert again == found


def test_what_a_record_says_is_kept(tmp_path, labels):
    """Domain, level, sensitivity and the absence of labels are read; unknown keys are not minded."""
    path = tmp_path / "set.jsonl"
    path.write_text(
        _lines(
            {
                "id": "a",
                "text": "x",
                "spans": [],
                "labelled": False,
                "domain": "ordinary",
                "silver": [[0, 1, "PERSON"]],
            },
            {"text": "x", "spans": [], "domain": "medical_notes", "level": "regulated"},
            {"text": "x", "spans": [], "sensitive": False},
            {"text": "x", "spans": [], "domain": "ordinary", "sensitive": True},
        )
    )
    (found,) = read_sets(path, labels).sets
    seen = [(one.id, one.labelled, one.ordinary, one.context, one.level) for one in found.records]
    assert seen == [
        ("a", False, True, "", None),
        ("set#2", True, False, "health", Level.REGULATED),
        ("set#3", True, True, "", None),
        ("set#4", True, False, "", None),
    ]


def test_labels_inside_an_unsaid_span_do_not_count(tmp_path, labels):
    """The title of a precedent hides the labels in it."""
    path = tmp_path / "set.jsonl"
    path.write_text(
        _lines({"text": TEXT, "spans": [[0, 15, "PRECEDENT"], [0, 4, "PERSON"], [20, 28, "GPE"]]})
    )
    (record,) = read_sets(path, labels).sets[0].records
    assert record.unsaid == ((0, 15),)
    assert record.spans == (SPANS[1],)


def test_a_folder_is_a_folder_of_sets(tmp_path, labels):
    """Each file that a format recognises is a set; the others are named."""
    (tmp_path / "b.jsonl").write_text(_lines({"text": TEXT, "spans": TRIPLES}))
    (tmp_path / "a.conll").write_text(IOB2)
    (tmp_path / "README.md").write_text("# About\n\nWords in two columns? No.\n")
    (tmp_path / "ids.json").write_text('{"a": ["1", "2"]}')
    found = read_sets(tmp_path, labels)
    assert [one.name for one in found.sets] == ["a", "b"]
    assert found.passed_over == ("README.md", "ids.json")


SECRET = "Mary Walker"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (_lines({"text": SECRET, "spans": []}, {"text": SECRET, "spans": [[5, 12, "PER"]]}), "2: spans[0]: "),
        (_lines({"text": SECRET, "spans": []}, {"text": SECRET, "spans": [[5, 5, "PER"]]}), "2: spans[0]: "),
        (
            _lines({"text": SECRET, "spans": []}, {"text": SECRET, "spans": [[0, True, "PER"]]}),
            "2: spans[0]: ",
        ),
        (_lines({"text": SECRET, "spans": [[0, 4]]}), "1: spans[0]: "),
        (_lines({"text": SECRET, "spans": [[0, 4, ""]]}), "1: spans[0]: "),
        (_lines({"text": SECRET, "spans": "none"}), "1: spans: "),
        (_lines({"text": SECRET, "spans": []}, {"spans": []}), "2: text: "),
        (_lines({"text": SECRET, "spans": [[0, 4, "PER"]], "labelled": False}), "1: spans: "),
        (_lines({"text": SECRET, "spans": [], "labelled": "no"}), "1: labelled: "),
        (_lines({"text": SECRET, "spans": [], "sensitive": "no"}), "1: sensitive: "),
        (_lines({"text": SECRET, "spans": [], "level": "secret"}), "1: level: "),
        (_lines({"text": SECRET, "spans": []}) + "{ Mary", "2: is no JSON"),
        (_lines({"text": SECRET, "spans": []}, [SECRET]), "2: is no object"),
        (IOB2 + "Mary\tX-PER\n" * 500 + "Walker\n", ""),
        ("word\tO\n" * 600 + "Mary\tX-PER\n", "601: "),
        ("word\tO\n" * 1100 + "Mary\n", "1101: "),
        ("Mary Walker went home.", "no format"),
        ("", "no format"),
    ],
)
def test_what_is_wrong_is_named_and_not_quoted(tmp_path, labels, content, place):
    """An error names file, line and field, and holds nothing of the data."""
    path = tmp_path / "data.txt"
    path.write_text(content)
    with pytest.raises(DataError) as error:
        read_sets(path, labels)
    assert str(error.value).startswith("data.txt:")
    assert place in str(error.value)
    assert "Mary" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_damaged_file_is_named(tmp_path, labels):
    """Gzip that ends early, and bytes that are no text, are errors rather than empty sets."""
    whole = gzip.compress(_lines({"text": TEXT, "spans": []}).encode())
    for content in (whole[:-12], b"\xff\xfe\x00\x01"):
        path = tmp_path / "data.jsonl"
        path.write_bytes(content)
        with pytest.raises(DataError):
            read_sets(path, labels)


def test_the_real_sets_are_read(labels, request):
    """Where the shared corpora are at hand, each of their development sets is read whole."""
    folders = [above / "shared" / "corpora" / "eval-dev" for above in request.config.rootpath.parents]
    present = [folder for folder in folders if folder.is_dir()]
    if not present:
        pytest.skip("the shared corpora are not on this machine")
    found = read_sets(present[0], labels)
    assert len(found.sets) >= 8
    assert {"PERSON", "LOCATION"} <= set().union(*(one.entities for one in found.sets))
