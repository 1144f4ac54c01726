"""Start one night now, in this process, as a Prefect flow run: what `make demo` does.

Prefect reads its settings when it is imported, so this is a program of its own with an environment of its own.
"""

from __future__ import annotations

import argparse
import sys

from flows.nightly import NightFailed, nightly


def main() -> int:
    """Run the flow; the exit code is 0 if it completed."""
    parser = argparse.ArgumentParser(prog="python -m flows.start", description=main.__doc__)
    parser.add_argument("source")
    parser.add_argument("--policy", default="configured")
    parser.add_argument("--task", default="triage")
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args()
    try:
        nightly(asked.source, policy=asked.policy, task=asked.task, again=asked.again)
    except NightFailed as error:
        print(error, file=sys.stderr)  # noqa: T201 - the parent process reads it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
