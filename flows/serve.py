"""The process that `cordon up` starts to serve the deployments: the nightly schedule and the recovery."""

from __future__ import annotations

from typing import cast

import tzlocal
from prefect import serve
from prefect.deployments.runner import EntrypointType, RunnerDeployment  # type: ignore[attr-defined] # where it is documented
from prefect.schedules import Cron

from flows.nightly import nightly, recover
from flows.settings import Settings, current_settings

RUNS_AT_ONCE = 2
"""A night and a recovery; chunks are claimed, so two nights never do the same work."""


def main() -> None:
    """Serve until the process is ended."""
    settings = current_settings()
    serve(
        *deployments(settings),
        limit=RUNS_AT_ONCE,
        print_starting_message=False,
        pause_on_shutdown=False,  # a schedule that somebody paused stays paused, and no other
    )


def deployments(settings: Settings) -> tuple[RunnerDeployment, RunnerDeployment]:
    """Return the nightly deployment with its schedule, and the recovery, which `cordon up` starts.

    Flows are named by module: the file form would load a second copy under another name.
    """
    timezone = settings.timezone or tzlocal.get_localzone_name() or "UTC"
    night = nightly.to_deployment(
        name="nightly",
        schedules=[Cron(settings.cron, timezone=timezone)],
        parameters={"source": settings.source},
        tags=["cordon"],
        description="Every night: read, classify, decide, ask and store, with an audit trail.",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    recovery = recover.to_deployment(
        name="recover",
        tags=["cordon"],
        description="Finish what a crash left.",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast("RunnerDeployment", night), cast("RunnerDeployment", recovery)


if __name__ == "__main__":
    main()
