"""What a crash leaves on disk: nothing."""

from __future__ import annotations

import subprocess
import sys

_MAIN = """
import resource, sys
from flows import cli
sys.argv = ["cordon", "--help"]
try:
    cli.main()
except SystemExit:
    print("core", resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_command_leaves_no_core_file() -> None:
    """Memory holds documents, so no command nor anything that it starts may be dumped."""
    ended = subprocess.run(
        [sys.executable, "-c", _MAIN], capture_output=True, text=True, timeout=60, check=True
    )
    assert "core (0, 0)" in ended.stdout
