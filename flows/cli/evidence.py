"""`cordon audit query | show | export | verify | checkpoint`: what compliance asks the log."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.output import line, say_json
from flows.errors import Tampered, Usage
from flows.settings import Settings, current_settings
from flows.wiring import Stores, now, open_stores
from storage.audit.export import ExportRefused, export_log
from storage.audit.live import verify_live
from storage.audit.query import Question, Reason, ask
from storage.audit.record import record
from storage.audit.show import show_document
from storage.auditor.archive import verify_export
from storage.auditor.notes import Verifier
from storage.auditor.verdict import Code, Verdict
from storage.database import Role
from storage.errors import StorageError
from storage.keys import Keys

app = typer.Typer(help="Ask the audit log, and check it.", no_args_is_help=True)

Purpose = Annotated[str, typer.Option(help="Why you ask; it is recorded before anything is shown.")]
Ticket = Annotated[str, typer.Option(help="The case you ask for; recorded too.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON line an event.")]
Anchor = Annotated[
    list[Path] | None, typer.Option(help="A checkpoint that you kept earlier; may be given more than once.")
]


@app.command()
def query(
    run: Annotated[str | None, typer.Option(help="Events of this run.")] = None,
    document: Annotated[str | None, typer.Option(help="Events of the document with this HMAC.")] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="Events of this type, such as call.intent.")
    ] = None,
    route: Annotated[str | None, typer.Option(help="Events with this route.")] = None,
    level: Annotated[str | None, typer.Option(help="Events with this level.")] = None,
    detector: Annotated[
        str | None, typer.Option(help="Events of this detector: its parts, and what it looked at.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Recorded at or after, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Recorded before, UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 1000,
    purpose: Purpose = "review",
    ticket: Ticket = "none",
    *,
    json: Json = False,
) -> None:
    """Print the events for which every filter holds, in the log's order."""
    question = Question(
        run=run,
        document=document,
        type=kind,
        route=route,
        level=level,
        detector=detector,
        since=_aware(since),
        until=_aware(until),
        limit=limit,
    )
    with open_stores(current_settings()) as stores:
        events = ask(
            stores.database.engine(Role.COMPLIANCE), question, Reason(purpose=purpose, ticket=ticket)
        )
        for event in events:
            _say(event, json=json)


@app.command()
def show(
    document: Annotated[str, typer.Argument(help="A document's id, as `cordon results` prints it.")],
    purpose: Purpose = "review",
    ticket: Ticket = "none",
    *,
    json: Json = False,
) -> None:
    """Print one document's story: what was decided, why, where it went and what came back."""
    with open_stores(current_settings()) as stores:

        def hmac_of(name: str) -> str | None:
            with stores.database.begin(Role.WRITER) as connection:
                key = stores.vault.existing(connection, [name]).get(name)
            return key.reference() if key else None

        reason = Reason(purpose=purpose, ticket=ticket)
        engine = stores.database.engine(Role.COMPLIANCE)
        try:
            events = show_document(engine, document, hmac_of=hmac_of, reason=reason)
        except StorageError as error:
            if error.code != "unknown_document":
                raise
            raise Usage("No document has that id. `cordon results --json` lists ids.") from None
        for event in events:
            _say(event, json=json)


@app.command()
def checkpoint() -> None:
    """Sign everything recorded so far and print the newest checkpoint: keep it, it is your anchor."""
    with open_stores(current_settings()) as stores:
        sys.stdout.write(stores.signer.checkpoint().note.decode())


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where to; an earlier export there is replaced.")],
    purpose: Purpose = "review",
    ticket: Ticket = "none",
) -> None:
    """Write the log as Parquet files that can be verified alone."""
    with open_stores(current_settings()) as stores:
        record(stores.database, "export.written", now=now(), purpose=purpose, ticket=ticket)
        stores.signer.checkpoint()
        try:
            done = export_log(stores.database.engine(Role.SIGNER), folder, stores.signer.verifier)
        except ExportRefused as error:
            raise Usage(
                f"Nothing was exported: {error.code}. Name a new folder, or one of an earlier export."
            ) from None
    line(f"Exported {done.size} events to {folder} ({done.files} files).")
    line("Check it on any machine, without this one's database:")
    line(f"  python -m storage.auditor {folder} --key {folder / 'keys.vkey'} --anchor NOTE")


@app.command()
def verify(
    source: Annotated[Path | None, typer.Option("--from", help="A folder of `cordon audit export`.")] = None,
    anchor: Anchor = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Check that no event was changed, removed, inserted or reordered."""
    anchors = [_read(path) for path in anchor or []]
    settings = current_settings()
    if source is not None:
        tell(verify_export(source, verifier=_own_verifier(settings), anchors=anchors), json=json)
        return
    with open_stores(settings) as stores:
        tell(verified_live(stores, anchors), json=json)


def verified_live(stores: Stores, anchors: Sequence[bytes] = ()) -> Verdict:
    """Verify the log in the database against its checkpoints, what its signer remembers, and `anchors`.

    That it was verified, and with what result, is recorded too.

    Raises:
        SignerRefused: the log is not the one that was signed before.
    """
    stores.signer.checkpoint()
    kept = [*stores.signer.remembered(), *anchors]
    verdict = verify_live(stores.database.engine(Role.SIGNER), stores.signer.verifier, kept)
    fields = {"reason": verdict.reason} if verdict.reason else {}
    record(
        stores.database,
        "integrity.verified",
        now=now(),
        code=verdict.code.value,
        size=verdict.size,
        anchored=bool(anchors),
        **fields,
    )
    stores.signer.checkpoint()
    return replace(verdict, is_anchored=bool(anchors))


def tell(verdict: Verdict, *, json: bool) -> None:
    """Print the verdict.

    Raises:
        Tampered: something is changed or missing.
        Usage: what would be needed to judge is missing.
    """
    if json:
        say_json(verdict.as_json())
    elif verdict.code is Code.OK:
        against = "your anchor" if verdict.is_anchored else "its signed checkpoints"
        unsigned = f" {verdict.unsigned} newer ones are not signed yet." if verdict.unsigned else ""
        line(
            f"[green]✓[/] The audit log is whole: {verdict.size} events, checked against {against}.{unsigned}"
        )
        if not verdict.is_anchored:
            line("  A checkpoint kept elsewhere proves more: `cordon audit checkpoint`, then --anchor.")
    if verdict.code is Code.UNVERIFIABLE:
        raise Usage(f"The audit log cannot be verified: {verdict.reason}.")
    if verdict.code is not Code.OK:
        where = f" From event {verdict.seq} on nothing is proven." if verdict.seq is not None else ""
        raise Tampered(f"The audit log does not verify: {verdict.code} ({verdict.reason}).{where}")


def _own_verifier(settings: Settings) -> Verifier | None:
    """Return this installation's public key, if it has one; else the export's own is all there is."""
    folder = settings.home / "keys"
    if not (folder / "audit.key").exists():
        return None
    return Verifier.of(Keys.open(folder).audit, settings.origin)


def _say(event: object, *, json: bool) -> None:
    if json:
        say_json(event)
        return
    fields = dict(event)  # type: ignore[call-overload]
    head = (fields.pop("seq"), fields.pop("at", ""), fields.pop("type"))
    rest = " ".join(
        f"{name}={value}" for name, value in fields.items() if name not in ("v", "id", "nonce", "actor")
    )
    line(f"[dim]{head[0]:>6} {head[1]}[/] [bold]{head[2]}[/] {rest}")


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Usage("--anchor names a file that cannot be read.") from None
