"""An installation of Cordon for a test: a home of its own, the real command line, stand-ins for the models."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lib.closed_api import ClosedApi

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, object]]:
        """The JSON objects on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def last(self) -> dict[str, object]:
        """The last JSON object on stdout."""
        return self.lines[-1]


@dataclass(kw_only=True)
class Installation:
    """What a user has after `make`: a home, and the `cordon` command."""

    home: Path
    on_prem: ClosedApi
    closed: ClosedApi | None
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment that the command runs in, and nothing of the test's own."""
        ours = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),  # the code that lies beside the test, whichever is installed
            "CORDON_HOME": str(self.home / ".cordon"),
            "CORDON_DETECTOR_PROCESSES": "1",  # a pool has tests of its own, and takes seconds to start
            "CORDON_ON_PREM_URL": self.on_prem.url,
            "CORDON_ON_PREM_MODEL": self.on_prem.model,
        }
        if self.closed is not None:
            ours |= {
                "CORDON_CLOSED_URL": self.closed.url,
                "CORDON_CLOSED_MODEL": self.closed.model,
                "OPENAI_API_KEY": self.closed.api_key,
            }
        return ours | self.extra

    def start(self, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command and return its process."""
        return subprocess.Popen(
            _command(words),
            env=dict(environment or self.environment),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *words: str, code: int | None = 0) -> Ended:
        """Run a command to its end; `code` is the exit code that is expected, None for any."""
        process = self.start(*words)
        out, err = process.communicate(timeout=240)
        ended = Ended(code=process.returncode, out=out, err=err)
        if code is not None:
            assert ended.code == code, (words[0], ended.code, err[-2000:])
        return ended


def kill(process: subprocess.Popen[str]) -> None:
    """End a process as a power failure would, with everything that it started in its session."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def write_records(path: Path, texts: Sequence[str], *, prefix: str = "r") -> Path:
    """Write one JSONL record a text, with ids `<prefix>0`, `<prefix>1`, …, and return the path."""
    lines = [json.dumps({"id": f"{prefix}{number}", "text": text}) for number, text in enumerate(texts)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-c", "from flows.cli import main; main()", *words]
