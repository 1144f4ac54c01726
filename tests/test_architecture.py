"""The house keeps its walls: who may import what, who reads the environment, how long a room is."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("flows", "pipeline", "policies", "storage")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
LONGEST_MODULE = 350
LONGEST_FUNCTION = 60

# Import name -> where it may be imported (a file, or a folder with a slash at its end).
FENCES = {
    "prefect": ("flows/",),
    "ray": ("flows/",),
    "typer": ("flows/",),
    "rich": ("flows/",),
    "sqlalchemy": ("storage/",),
    "alembic": ("storage/",),
    "psycopg": ("storage/",),
    "pyarrow": ("storage/", "pipeline/read/"),
    "presidio_analyzer": (
        "pipeline/detect/",
        "pipeline/evaluate/stock.py",  # the rival that it is measured against
        "pipeline/pseudonymise.py",
    ),
    "presidio_anonymizer": ("pipeline/pseudonymise.py",),
    "spacy": ("pipeline/detect/", "pipeline/evaluate/stock.py"),
    "openai": ("pipeline/gate.py", "pipeline/on_prem.py"),
    "httpx2": ("pipeline/gate.py", "pipeline/gate_remote.py", "pipeline/on_prem.py", "pipeline/wire.py"),
    "httpx": ("flows/services.py", "flows/cli/services.py"),  # health of local services, on loopback
    "requests": (),
    "aiohttp": (),
    "urllib.request": (),
    "http.client": (),
    "smtplib": (),
    "ftplib": (),
    "pickle": (),
}


def _imports(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(path: str, places: tuple[str, ...]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)


@pytest.mark.parametrize("name", FENCES)
def test_a_fenced_library_is_imported_only_behind_its_fence(name: str) -> None:
    """Each library that could leak, store or send is known to few files."""
    users = {
        path
        for path, tree in TREES.items()
        if any(found == name or found.startswith(f"{name}.") for found in _imports(tree))
    }
    assert {path for path in users if not _within(path, FENCES[name])} == set()


def test_the_layers_import_downwards_only() -> None:
    """The contracts in pyproject.toml hold: flows, storage, pipeline, policies, and the auditor alone."""
    words = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    ended = subprocess.run(
        [*words, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert "0 broken" in ended.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_typed_and_documented(package: str) -> None:
    """Each package has `py.typed`, and every folder of code an `__init__.py` with a docstring."""
    assert (ROOT / package / "py.typed").is_file()
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    for folder in sorted(folders):
        if "migrations" not in folder.parts:  # Alembic loads those by file
            relative = (folder / "__init__.py").relative_to(ROOT).as_posix()
            assert relative in TREES
            assert ast.get_docstring(TREES[relative])


def test_the_package_names_are_ours_alone() -> None:
    """No other installed distribution brings a package called flows, pipeline, policies or storage."""
    for distribution in importlib.metadata.distributions():
        if distribution.metadata["Name"] == "cordon":
            continue
        tops = {str(file).split("/", 1)[0].removesuffix(".py") for file in distribution.files or ()}
        assert not tops & set(PACKAGES), distribution.metadata["Name"]


def test_no_module_is_named_after_a_library_that_it_uses() -> None:
    """`prefect.py` that imports prefect would be a riddle, and a trap for whoever runs it as a script."""
    for path, tree in TREES.items():
        tops = {name.split(".")[0] for name in _imports(tree)} - set(PACKAGES)
        assert Path(path).stem not in tops, path


def test_only_the_settings_read_the_environment() -> None:
    """`os.environ`, `os.getenv` and their kin appear in flows/settings.py alone."""
    kin = {"environ", "environb", "getenv", "getenvb", "putenv"}
    for path, tree in TREES.items():
        if path == "flows/settings.py":
            continue
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names = {name.rsplit(".", 1)[-1] for name in _imports(tree) if name.startswith("os.")}
        assert not kin & (attributes | names), path


def test_nothing_swallows_foreign_exceptions_silently() -> None:
    """A bare `except:` does not exist, and a broad one says why."""
    for path, tree in TREES.items():
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            assert node.type is not None, path
            if isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}:
                passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
                assert passes_on or " - " in lines[node.lineno - 1], f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", TREES)
def test_modules_and_functions_stay_short(path: str) -> None:
    """A module has at most 350 lines and a function at most 60: a longer one is two without a wall."""
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or node.lineno) - node.lineno + 1 <= LONGEST_FUNCTION, node.name


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:  # an unpacked archive has no git: then everything of ours that lies here
        folders = (*PACKAGES, "tests", "docs", "requirements", "models", "examples", "benchmarks")
        return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_this_machine_or_a_registry() -> None:
    """Nothing tracked holds a path of the machine it was made on, or the address of a package index."""
    ours = re.compile(
        rb"/(?:ro[o]t|home/[a-z]\w*)/|/wor[k]/\w+|--(?:extra-)?index-url|--find-links +\S*://"
        rb"|https?://[^\s\"']*(?:artifactory|nexus|/simple/)"
    )
    found = {}
    for path in _tracked():
        if path == Path(__file__):
            continue
        if match := ours.search(path.read_bytes()):
            found[path.relative_to(ROOT).as_posix()] = match.group()
    assert found == {}
