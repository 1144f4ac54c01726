"""`python -m pipeline.detect`: write `manifest.json` for what ships, as it is now."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.detect.config import SHIPPED_MANIFEST, DetectorConfig
from pipeline.detect.detector import Detector
from pipeline.detect.manifest import ALSO_GOOD, write_manifest

_SHIPPED_MODEL = Path(__file__).parents[2] / "models" / "ner" / "weights"


def main() -> None:
    """Write the manifest of the shipped configuration; nothing is compared."""
    detector = Detector(DetectorConfig(ner_model=str(_SHIPPED_MODEL)))
    write_manifest(SHIPPED_MANIFEST, {**detector.manifest, **ALSO_GOOD})
    sys.stdout.write(f"{SHIPPED_MANIFEST.name}: {len(detector.manifest)} components, {detector.digest}\n")


if __name__ == "__main__":
    main()
