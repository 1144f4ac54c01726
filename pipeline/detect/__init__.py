"""Look at documents: what they hold, what they are about, and whether all was seen."""

from pipeline.detect.config import DetectorConfig, DetectorUnavailable
from pipeline.detect.detector import Detector

__all__ = ["Detector", "DetectorConfig", "DetectorUnavailable"]
