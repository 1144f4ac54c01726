"""A row of the table of identifiers, dressed as one of Presidio's recognisers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult

from pipeline.detect.ear import EAR
from pipeline.detect.identifiers import PLACE, Places, Row
from pipeline.detect.specs import AnySpec, IdentifierSpec
from policies.assessment import GapReason


class RowRecogniser(EntityRecognizer):
    """A row of the table of identifiers, as Presidio wants a recogniser."""

    gate: Final = PLACE
    """A text without a match of it holds no identifier."""

    def __init__(self, row: Row) -> None:
        spec = row.spec
        super().__init__([spec.entity], name=spec.name, context=list(spec.context))
        self._row = row
        self.gates = () if any(r"\b" in form for form in row.forms) else row.gates
        """A text without a match of one of them holds no identifier of this row.

        A row reads places cut out of the text, where the edge of a word may be another one than in the text.
        """

    def load(self) -> None:
        """Do nothing: a row is ready as soon as it is made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return where `text` holds a value of the row; a form that takes too long is a warning."""
        del entities, nlp_artifacts
        name = self._row.spec.name
        try:
            return [
                RecognizerResult(
                    entity_type=self._row.spec.entity,
                    start=one.start,
                    end=one.end,
                    score=one.score,
                    analysis_explanation=AnalysisExplanation(name, one.score),
                    recognition_metadata={
                        RecognizerResult.RECOGNIZER_NAME_KEY: name,
                        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                    },
                )
                for one in self._row.find(text)
            ]
        except TimeoutError:
            EAR.reasons().append(GapReason.RECOGNISER_TIMED_OUT)
            return []


def rows(specs: Sequence[AnySpec]) -> Iterator[RowRecogniser]:
    """Yield a recogniser for each row among `specs`; they share what they know of a text."""
    places = Places()
    for spec in specs:
        if isinstance(spec, IdentifierSpec):
            yield RowRecogniser(Row(spec, places))
