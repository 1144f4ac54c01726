"""What `cordon up` starts on one machine, and with which command line.

Every service gets an environment of its own: what it needs, and no secret that is not its business. The
process that makes closed calls is the only one that is given the key.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from flows import services
from flows.errors import Unavailable
from flows.services import Running, Service
from flows.settings import Settings, child_environment, prefect_environment, settings_environment

PREFECT_PORT = 4200
ON_PREM_PORT = 8421
STAND_IN_PORT = 8422
_MODEL_CONTEXT_TOKENS = 4096


def prefect_server(settings: Settings, environ: Mapping[str, str]) -> Service:
    """Return the Prefect server with its UI, on its own SQLite under `CORDON_HOME`."""
    port = services.free_port(PREFECT_PORT)
    return Service(
        name="prefect",
        title="Prefect server and UI",
        command=[
            sys.executable,
            "-m",
            "prefect",
            "server",
            "start",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ],
        environment=child_environment(
            environ, **prefect_environment(settings.home, api_url=f"http://127.0.0.1:{port}/api")
        ),
        port=port,
        health="/api/health",
        start_seconds=120,
    )


def schedule(settings: Settings, environ: Mapping[str, str], *, api_url: str) -> Service:
    """Return the process that serves the deployments and runs what Prefect schedules."""
    return Service(
        name="schedule",
        title="nightly schedule",
        command=[sys.executable, "-m", "flows.serve"],
        environment=child_environment(
            environ,
            **prefect_environment(settings.home, api_url=api_url),
            **settings_environment(environ, settings),
        ),
        port=0,
        health=f"{api_url}/deployments/name/recover/recover",  # the last that it registers
        start_seconds=120,
    )


def on_prem_model(settings: Settings, environ: Mapping[str, str]) -> Service:
    """Return vLLM, in its own environment, serving the small model of `models/clerk`.

    Raises:
        Unavailable: the model server's environment is not installed.
    """
    python = settings.root / ".venv-model" / "bin" / "python"
    if not python.exists():
        raise Unavailable(
            "The on-prem model server is not installed. Run `make setup`, or name a server in CORDON_ON_PREM_URL."
        )
    port = services.free_port(ON_PREM_PORT)
    return Service(
        name="on_prem",
        title="on-prem model (vLLM)",
        command=[str(python), "-m", "vllm.entrypoints.openai.api_server", *_vllm_flags(settings.root, port)],
        environment=child_environment(environ, **_vllm_environment(settings.home)),
        port=port,
        health="/health",
        url_path="/v1",
        start_seconds=240,
    )


def stand_in(environ: Mapping[str, str]) -> Service:
    """Return the loopback stand-in for the closed API that the demo uses without a key."""
    port = services.free_port(STAND_IN_PORT)
    return Service(
        name="stand_in",
        title="stand-in for the closed API",
        command=[sys.executable, "-m", "flows.stand_in", "--port", str(port)],
        environment=child_environment(environ),
        port=port,
        health="",
        url_path="/v1",
    )


def on_prem_address(settings: Settings) -> str:
    """Return where the on-prem model is, or would be if it were started."""
    running = services.find(settings.home, "on_prem")
    return settings.on_prem_url or (running.url if running else f"http://127.0.0.1:{ON_PREM_PORT}/v1")


def start_on_prem_if_local(
    settings: Settings, environ: Mapping[str, str], *, say: Callable[[str], None]
) -> str:
    """Return the address of the on-prem model, starting the local one if no other is configured."""
    if settings.on_prem_url:
        return settings.on_prem_url
    running = services.find(settings.home, "on_prem")
    if running is None:
        say("Starting the on-prem model (vLLM); it keeps running until `cordon down`.")
        return services.start(settings.home, on_prem_model(settings, environ)).url
    services.wait(settings.home, running, seconds=240)
    return running.url


def prefect_api(home: Path) -> str | None:
    """Return the address of the local Prefect API, if its server runs."""
    running: Running | None = services.find(home, "prefect")
    return f"{running.url}/api" if running else None


def _vllm_flags(root: Path, port: int) -> list[str]:
    return [
        "--model", str(root / "models" / "clerk" / "weights"),
        "--served-model-name", "clerk",
        "--host", "127.0.0.1",
        "--port", str(port),
        "--max-model-len", str(_MODEL_CONTEXT_TOKENS),
        "--max-num-seqs", "32",
        "--dtype", "bfloat16",
        "--uvicorn-log-level", "warning",
        "--disable-log-stats",
        "--enforce-eager",  # compiling would need a C++ compiler on the machine, and a minute
    ]  # fmt: skip


def _vllm_environment(home: Path) -> dict[str, str]:
    return {
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB; the model's whole context for 32 sequences fits twice
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_LOGGING_LEVEL": "WARNING",  # a log line must be publishable
        "VLLM_CACHE_ROOT": str(home / "vllm"),
    }
