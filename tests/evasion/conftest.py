from __future__ import annotations

import pytest

from pipeline.detect import Detector, DetectorConfig
from tests.evasion.tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """Return a detector with every recogniser and next to no names."""
    folder = write_tiny_model(tmp_path_factory.mktemp("names") / "model")
    return Detector.load(DetectorConfig(ner_model=str(folder), accepted=None))
