"""`cordon gate`: the egress gate as a process of its own, the only one with the closed API's key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from flows.errors import Usage
from flows.gate_server import gate_app
from flows.law import read_law
from flows.settings import Settings, current_settings
from flows.wiring import CONCURRENCY, closed_endpoint, load_detector, now
from pipeline.gate import Gate
from pipeline.tasks import Task, parse_task, read_shipped_task, shipped_tasks
from storage.audit.notary import LogNotary
from storage.audit.proofs import Proof
from storage.auditor.notes import NoteError, Verifier

app = typer.Typer()


@app.command()
def gate(
    log_key: Annotated[
        Path,
        typer.Option(
            "--log-key", help="The audit log's public key: audit/log.vkey under the worker's CORDON_HOME."
        ),
    ],
    policy: Annotated[
        list[str] | None, typer.Option("--policy", help="A policy in force; may be repeated.")
    ] = None,
    task: Annotated[
        list[Path] | None,
        typer.Option("--task", help="A task file beside the shipped ones; may be repeated."),
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen: an internal network only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8430,
) -> None:
    """Run the egress gate alone. CORDON_GATE_TOKEN_FILE names the token that workers show."""
    settings = current_settings()
    if settings.gate_token is None or settings.closed_api_key is None:
        raise Usage("The gate needs CORDON_GATE_TOKEN_FILE and CORDON_CLOSED_API_KEY_FILE.")
    notary = LogNotary(_verifier(log_key))
    application = gate_app(
        _gates(settings, policy or [settings.policy], task or [], notary),
        notary=notary,
        token=settings.gate_token,
        clock=now,
    )
    uvicorn.run(
        application,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        limit_concurrency=4 * CONCURRENCY,
        server_header=False,
        proxy_headers=False,
    )


def _gates(
    settings: Settings, policies: list[str], extra: list[Path], notary: LogNotary
) -> dict[str, Gate[Proof]]:
    tasks: list[Task] = [parse_task(read_shipped_task(name), name=name) for name in shipped_tasks()]
    tasks += [read_law(policies[0], str(path)).task for path in extra]
    detector = load_detector(settings)
    laws = [read_law(name, shipped_tasks()[0]).policy for name in policies]
    return {
        policy.digest: Gate(
            closed_endpoint(settings),
            tasks=tasks,
            policy=policy,
            scan=detector.scan,
            notary=notary,
            clock=now,
        )
        for policy in laws
    }


def _verifier(file: Path) -> Verifier:
    try:
        return Verifier.parse(file.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, NoteError):
        raise Usage("--log-key is not a file with the audit log's public key.") from None
