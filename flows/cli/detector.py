"""`cordon detector show | check | accept`: what looks at documents, and whether that was accepted."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from flows.cli.evidence import Json, Purpose, Ticket
from flows.cli.output import line, say_json
from flows.errors import Refused
from flows.settings import current_settings
from flows.wiring import ACCEPT, build_detector, detector_config, now, open_stores
from pipeline.detect.manifest import Difference, differences, read_manifest, write_manifest
from storage.audit.record import record
from storage.work.detectors import PIECE

app = typer.Typer(help="Look at the detector, and accept another one.", no_args_is_help=True)


@app.command()
def show(*, json: Json = False) -> None:
    """Print what the detector is made of: the version or digest of each component."""
    detector = build_detector(current_settings())
    if json:
        say_json({"detector": detector.digest, "components": dict(detector.manifest)})
        return
    line(f"detector {detector.digest}")
    for name, value in detector.manifest.items():
        line(f"{name} {value}", markup=False)


@app.command()
def check(*, json: Json = False) -> None:
    """Compare the detector with what was accepted; exit code 3 if they differ."""
    settings = current_settings()
    detector = build_detector(settings)
    accepted = detector_config(settings).accepted
    drifted = differences(detector.manifest, read_manifest(accepted)) if accepted else ()
    if json:
        components = {one.component: {"accepted": one.accepted, "actual": one.actual} for one in drifted}
        say_json({"detector": detector.digest, "accepted": not drifted, "differences": components})
    else:
        _tell(drifted)
    if drifted:
        raise Refused(f"{len(drifted)} components are not the accepted ones. {ACCEPT}")
    if not json:
        line(f"[green]✓[/] The detector is the accepted one: {detector.digest}")


@app.command()
def accept(purpose: Purpose = "review", ticket: Ticket = "none", *, json: Json = False) -> None:
    """Accept the detector as it is now; recorded in the audit log, and in the file that the start compares."""
    settings = current_settings()
    detector = build_detector(settings)
    accepted = detector_config(settings).accepted
    drifted = differences(detector.manifest, read_manifest(accepted)) if accepted else ()
    with open_stores(settings) as stores:
        record(
            stores.database,
            "detector.accepted",
            now=now(),
            detector=detector.digest,
            purpose=purpose,
            ticket=ticket,
            changed=len(drifted),
            components={one.component: one.actual for one in drifted[:PIECE]},
        )
        stores.signer.checkpoint()
    settings.detector_lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_manifest(settings.detector_lock, detector.manifest)
    if json:
        say_json({"detector": detector.digest, "changed": len(drifted)})
        return
    _tell(drifted)
    line(f"Accepted: {detector.digest}")


def _tell(drifted: Sequence[Difference]) -> None:
    for one in drifted:
        line(str(one), markup=False)
