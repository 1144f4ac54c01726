"""What is installed is what is in the wheel: an editable install would hide a file that is missing from it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.lib.installation import ROOT

PACKAGES = ("flows", "pipeline", "policies", "storage")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_everything_that_the_code_reads(wheel: Path) -> None:
    """Every tracked file of the four packages is in the wheel, YAML and SQL included."""
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert set(listed) - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    """Neither tests nor models, nor anybody's leftovers, travel along."""
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_command_line_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    """With the wheel unpacked and the checkout out of sight, `cordon --help` and the policies work."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "import sys; sys.path = [p for p in sys.path if p not in ('', sys.argv[1])]; sys.path.insert(0, sys.argv[2]);"
        "import flows.cli, policies.policy as p; assert flows.cli.__file__.startswith(sys.argv[2]);"
        "assert 'default' in p.shipped_policies(); sys.argv = ['cordon', '--help']; flows.cli.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(ROOT), str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "regulated text never leaves" in " ".join(ended.stdout.split())
