"""What a detector is made of, and whether that was accepted.

Each component has a name and a version or digest: every file of this package, every
recogniser as it was built, the models and lexicons as they were loaded, the settings, and
the libraries that look. A decision names the digest of them all. A detector whose components
are not the accepted ones does not start: what ships is accepted in `manifest.json`, what a
user chose by `cordon detector accept`.

After a change to anything here, `python -m pipeline.detect` writes `manifest.json` anew.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import metadata, util
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from pipeline.detect.config import SHIPPED_MANIFEST, DetectorConfig, DetectorUnavailable

Manifest = Mapping[str, str]
"""Version or digest of each component, by name."""

_PACKAGE: Final = Path(__file__).parent

DISTRIBUTIONS: Final = (
    "bc-detect-secrets",
    "hyperscan",
    "numpy",
    "phonenumbers",
    "presidio-analyzer",
    "psutil",
    "py3langid",
    "pydantic",
    "python-stdnum",
    "pyyaml",
    "regex",
    "spacy",
    "thinc",
    "tldextract",
)
"""Everything that the modules of this package import; a test compares."""
SOURCES: Final = ("presidio_analyzer",)
"""Packages whose code is digested too: their recognisers are ours by adoption, and one line may blind them."""

_NOT_LAW: Final = frozenset(
    {
        "accepted",
        "automata",
        "batch_documents",
        "ner_model",
        "nlp_configuration",
        "recognisers",
        "remembered_bytes",
    }
)
"""Fields of the configuration that do not change what is found, or name files: those are digested."""
ALSO_GOOD: Final[Manifest] = {
    "distribution/hyperscan": "0.9.1 | none",
    "python/unicodedata": "14.0.0 | 15.0.0 | 15.1.0 | 16.0.0",
}
"""Without hyperscan the same is found, more slowly. The tables of Python 3.11, 3.12, 3.13 and 3.14 add characters
and keep the old ones."""
_OR: Final = " | "


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that decides what a detector finds."""

    config: DetectorConfig
    specs: Sequence[BaseModel]
    """The recogniser files as they were read."""
    recognisers: Sequence[Any]
    """The recognisers as they were built."""
    lexicons: Sequence[BaseModel]
    names: str
    """Digest of the model of names; empty without one."""
    views: Sequence[str]
    """Names of the views, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A component that is not what was accepted; empty where there is none."""

    component: str
    accepted: str
    actual: str

    def __str__(self) -> str:
        return f"{self.component}: {_short(self.accepted)}, now {_short(self.actual)}"


class ManifestDrift(DetectorUnavailable):
    """The detector is made of other components than those that were accepted."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__(f"manifest_drift:{differences[0].component}")
        self.differences = tuple(differences)

    def __reduce__(self) -> tuple[type[ManifestDrift], tuple[tuple[Difference, ...]]]:
        return type(self), (self.differences,)


def make_manifest(parts: Parts) -> dict[str, str]:
    """Return the detector's components, by name; no paths, nothing of the machine."""
    components = {f"file/{name}": value for name, value in _files(_PACKAGE)}
    components |= {f"distribution/{name}": _version(name) for name in DISTRIBUTIONS}
    components |= {f"source/{name}": _digest_source(name) for name in SOURCES}
    components |= {f"recogniser/{one.name}": _describe(one) for one in parts.recognisers}
    components |= {f"topic/{name}": value for name, value in _topics(parts.lexicons)}
    components |= {f"setting/{name}": value for name, value in _settings(parts.config)}
    components["names_model"] = parts.names or "none"
    components["recognisers"] = digest([one.name for one in parts.recognisers])
    components["recogniser_files"] = digest([spec.model_dump(mode="json") for spec in parts.specs])
    components["views"] = " ".join(parts.views)
    components["python/unicodedata"] = unicodedata.unidata_version
    return dict(sorted(components.items()))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def digest_manifest(manifest: Manifest) -> str:
    """Return the digest by which assessments and events name a detector."""
    return digest(dict(manifest))


def read_manifest(file: Path) -> Manifest:
    """Return the accepted components.

    Raises:
        DetectorUnavailable: there is no such file, or it holds something else.
    """
    try:
        accepted = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError):
        raise DetectorUnavailable("manifest_unreadable") from None
    if not isinstance(accepted, dict) or not all(isinstance(value, str) for value in accepted.values()):
        raise DetectorUnavailable("manifest_unreadable")
    return accepted


def write_manifest(file: Path, manifest: Manifest) -> None:
    """Write components as `read_manifest` takes them: one a line, in order."""
    text = json.dumps(dict(manifest), indent=1, sort_keys=True, ensure_ascii=True)
    file.write_text(f"{text}\n", encoding="ascii")


def differences(actual: Manifest, accepted: Manifest) -> tuple[Difference, ...]:
    """Return every component that is missing, new or another, by name."""
    return tuple(
        Difference(component=name, accepted=accepted.get(name, ""), actual=actual.get(name, ""))
        for name in sorted(actual.keys() | accepted.keys())
        if actual.get(name, "") not in accepted.get(name, "").split(_OR)
        or (name in accepted) != (name in actual)
    )


def digest(value: object) -> str:
    """Return the digest of a value of strings, numbers, lists and objects."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return _sha256(text.encode())


def _sha256(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _short(value: str) -> str:
    return (value[:15] if value.startswith("sha256:") else value) or "nothing"


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every file of a package with the digest of its bytes."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        is_ours = "__pycache__" not in place.parts and not path.name.startswith(".")
        if is_ours and path.is_file() and path != SHIPPED_MANIFEST:
            yield place.as_posix(), _sha256(path.read_bytes())


def _digest_source(package: str) -> str:
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        raise DetectorUnavailable(f"package_missing:{package}")
    return digest([*_files(Path(spec.origin).parent)])


def _describe(one: Any) -> str:
    """Return the digest of how a recogniser was built: what it looks for, and how far it is trusted."""
    patterns = getattr(one.presidio, "patterns", None) or ()
    return digest(
        {
            "class": type(one.presidio).__name__,
            "version": one.presidio.version,
            "entity": one.entity,
            "patterns": [[each.name, each.regex, _number(each.score)] for each in patterns],
            "context": list(one.presidio.context or []),
            "trust": [_number(one.passed), _number(one.cap), one.needs],
        }
    )


def _topics(lexicons: Sequence[BaseModel]) -> Iterator[tuple[str, str]]:
    for one in lexicons:
        content = one.model_dump(mode="json")
        yield f"{content['topic']}.{content['language']}", digest(content)


def _settings(config: DetectorConfig) -> Iterator[tuple[str, str]]:
    for one in fields(config):
        if one.name not in _NOT_LAW:
            value = getattr(config, one.name)
            yield one.name, _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:.6g}"
