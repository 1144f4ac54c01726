"""`cordon detector`: another detector than the accepted one does not start until a person accepts it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lib.installation import Installation, write_records
from tests.lib.texts import ordinary

MINE = """recognisers:
  - name: TicketRecogniser
    entity: TICKET
    patterns: [{name: t, regex: 'TCK-\\d{4}', score: 0.8}]
"""


def _add_own_recognisers(cordon: Installation) -> None:
    folder = cordon.home / "mine"
    folder.mkdir()
    (folder / "mine.yaml").write_text(MINE)
    cordon.extra["CORDON_RECOGNISERS"] = str(folder)


def test_another_detector_is_refused_until_it_is_accepted(cordon: Installation) -> None:
    """The refusal names what differs and the command; accepting is recorded, and ends with the next change."""
    records = write_records(cordon.home / "in.jsonl", [f"{ordinary(1)} TCK-1234"])
    assert cordon("detector", "check", "--json").last == {
        "detector": cordon("detector", "show", "--json").last["detector"],
        "accepted": True,
        "differences": {},
    }
    _add_own_recognisers(cordon)
    refused = cordon("classify", str(records), "--json", code=3)
    assert "recogniser/TicketRecogniser" in refused.err
    assert "cordon detector accept" in refused.err
    assert "recogniser/TicketRecogniser" in cordon("detector", "check", "--json", code=3).last["differences"]
    accepted = cordon("detector", "accept", "--json", "--ticket", "SEC-7").last
    told = cordon("classify", str(records), "--json").last
    assert told["entities"]["TICKET"] == 1
    assert told["detector"] == accepted["detector"]
    (event,) = cordon("audit", "query", "--type", "detector.accepted", "--json").lines
    assert event["ticket"] == "SEC-7"
    assert set(event["components"]) == {"recogniser/TicketRecogniser", "recognisers", "recogniser_files"}
    Path(cordon.home / "mine" / "mine.yaml").write_text(MINE.replace("0.8", "0.1"))
    assert "recogniser/TicketRecogniser" in cordon("classify", str(records), "--json", code=3).err


def test_classify_says_why_a_document_is_incomplete(cordon: Installation) -> None:
    """Each line has the proof, and an incomplete document always has a reason with a count."""
    records = write_records(
        cordon.home / "in.jsonl", [ordinary(1), "Grüße aus dem Büro, wir sehen uns morgen früh beim Arzt."]
    )
    records.write_text(records.read_text() + "not json\n")
    plain, foreign, broken = cordon("classify", str(records), "--json").lines
    assert (plain["complete"], plain["gaps"]) == (True, {})
    assert plain["proof"]["views"]["raw"] == [1, plain["proof"]["characters"]]
    assert foreign["complete"] is False
    assert foreign["gaps"]
    assert broken["complete"] is False
    assert json.dumps(broken["gaps"]) == '{"bad_record": 1}'
