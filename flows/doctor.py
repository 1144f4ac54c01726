"""What makes detection slower on this machine than it need be, with what helps. Nothing of it changes a finding.

Rules
1. Advice is publishable: codes, versions, counts and names of processor kernels.
2. Only what the configured detector uses is spoken of: the model that ships multiplies with numpy, and no spaCy
   pipeline reads beside it.
3. What cannot be found out is no advice.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any, Final

from flows.settings import Settings, usable_cores
from pipeline.detect import prefilter
from pipeline.detect.tagger import META

_SLOW_CORES: Final = frozenset(
    {
        "atom",
        "banias",
        "core2",
        "dunnington",
        "generic",
        "katmai",
        "nehalem",
        "northwood",
        "penryn",
        "prescott",
    }
)
"""Kernels of OpenBLAS without AVX: a third of the speed of the others, or less."""
_SLOW_SPACY: Final = (3, 8, 8)
"""From here on its loop over names takes Python's lock at each step: 1.7 times the time, measured to 3.8.18."""
_GENERIC: Final = "generic"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to change."""

    code: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What was found out; None where it could not be."""

    cores: int
    """That this process may use."""
    numpy_core: str | None = None
    """The kernel that numpy's OpenBLAS chose."""
    numpy_threads: int | None = None
    blis_core: str | None = None
    """The kernel that thinc's BLIS chose: spaCy multiplies with it if nothing else is said."""
    spacy: str | None = None
    hyperscan: str = "usable"
    """`usable`, `missing` or `broken`."""


def advice_for(settings: Settings, machine: Machine | None = None) -> list[Advice]:
    """Return what would make the configured detector faster here; cost: some milliseconds."""
    return list(_advise(settings, machine or examine()))


def examine() -> Machine:
    """Return what this machine's libraries say of themselves."""
    numpy = _bundled("numpy", "*openblas*")
    core = _call(numpy, "scipy_openblas_get_corename64_", ctypes.c_char_p)
    blis = _bundled("blis", "cy.*")
    kernel = _call(blis, "bli_arch_query_id", ctypes.c_int)
    named = _call(blis, "bli_arch_string", ctypes.c_char_p, kernel) if kernel is not None else None
    return Machine(
        cores=usable_cores(),
        numpy_core=_text(core),
        numpy_threads=_call(numpy, "scipy_openblas_get_num_threads64_", ctypes.c_int),
        blis_core=_text(named),
        spacy=_version("spacy"),
        hyperscan=_hyperscan(),
    )


def _advise(settings: Settings, machine: Machine) -> Iterator[Advice]:
    processes = settings.detector_processes
    if machine.hyperscan != "usable":
        yield Advice(
            f"hyperscan_{machine.hyperscan}",
            f"hyperscan is {machine.hyperscan}: patterns are looked for one after the other. Install the wheel of hyperscan.",
        )
    if machine.numpy_core is not None and machine.numpy_core.lower() in _SLOW_CORES:
        yield Advice(
            "numpy_kernel",
            f"numpy multiplies with OpenBLAS's kernel {machine.numpy_core}. Unset OPENBLAS_CORETYPE, or use a"
            " processor with AVX2.",
        )
    if processes > machine.cores:
        yield Advice(
            "processes",
            f"{processes} detecting processes share {machine.cores} cores. Set CORDON_DETECTOR_PROCESSES={machine.cores}.",
        )
    threads = machine.numpy_threads or 1
    if threads > machine.cores:  # detecting processes take one each, whatever is set here
        yield Advice(
            "threads",
            f"numpy may use {threads} threads on {machine.cores} cores. Set OPENBLAS_NUM_THREADS={machine.cores}.",
        )
    yield from _advise_about_spacy(settings, machine)


def _advise_about_spacy(settings: Settings, machine: Machine) -> Iterator[Advice]:
    model = settings.ner_model
    if settings.nlp_configuration is None and (model is None or (Path(model) / META).is_file()):
        return
    if machine.spacy is not None and _numbers(machine.spacy) >= _SLOW_SPACY:
        yield Advice(
            "spacy", f"spaCy {machine.spacy} finds names 1.7 times as slowly as 3.8.7. Install spacy==3.8.7."
        )
    if settings.nlp_configuration is not None and machine.blis_core == _GENERIC:
        yield Advice(
            "blis_kernel",
            "thinc's BLIS does not know this processor and uses its generic kernel. Name the spaCy pipeline by"
            " CORDON_NER_MODEL, which multiplies with numpy.",
        )


def _hyperscan() -> str:
    if prefilter.hyperscan is None:
        return "missing"
    try:
        prefilter.hyperscan.Database().compile(expressions=[b"a"], ids=[0], elements=1, flags=[0])
    except Exception:  # noqa: BLE001 - a processor without SSE4.2 fails in its own way
        return "broken"
    return "usable"


def _bundled(package: str, pattern: str) -> Any:
    """Return the library that a package brings in its wheel, or None."""
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    for path in (*sorted(folder.glob(pattern)), *sorted((folder.parent / f"{package}.libs").glob(pattern))):
        if ".so" in path.suffixes or path.suffix == ".dylib":
            try:
                return ctypes.CDLL(str(path))
            except OSError:
                return None
    return None


def _call(library: Any, name: str, kind: Any, *arguments: int) -> Any:
    """Return what a function of the library says, or None if it has none of that name."""
    function = getattr(library, name, None)
    if function is None:
        return None
    function.restype = kind
    return function(*arguments)


def _text(raw: object) -> str | None:
    return raw.decode("ascii", "replace") if isinstance(raw, bytes) else None


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
