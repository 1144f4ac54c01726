"""The product's own view of words, loaded by file: its package needs libraries that training does not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_FILE = Path(__file__).resolve().parents[3] / "pipeline" / "detect" / "word_features.py"
_SPEC = importlib.util.spec_from_file_location("word_features", _FILE)
if _SPEC is None or _SPEC.loader is None:
    raise ImportError(_FILE.name)
word_features = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = word_features  # dataclasses look their module up
_SPEC.loader.exec_module(word_features)
