"""Wiring: settings become parts, once, at the entry of a command or a flow.

Nothing below this module reads a file of configuration, opens a connection or builds a client by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from flows.errors import Refused, Unavailable, Usage
from flows.gate_server import proof_fields
from flows.law import Law
from flows.settings import Settings
from flows.tools import Tools
from flows.workers import owner_name
from pipeline.canaries import CanariesUnavailable, check_canaries
from pipeline.detect import Detector, DetectorConfig, DetectorUnavailable
from pipeline.detect.config import SHIPPED_MANIFEST
from pipeline.detect.manifest import ManifestDrift
from pipeline.detect.pool import DetectorPool
from pipeline.detect.process import ANOTHER_DETECTOR
from pipeline.errors import ModelUnavailable
from pipeline.gate import ClosedEndpoint, Gate
from pipeline.gate_remote import RemoteGate, WayOut
from pipeline.on_prem import OnPrem, OnPremEndpoint
from pipeline.providers import provider_of
from pipeline.read import ReadLimits
from storage import embedded
from storage.audit.notary import LogNotary
from storage.audit.proofs import Proof
from storage.audit.signer import Signer
from storage.database import Database, Role
from storage.errors import StorageError, UnsafeDatabase
from storage.keys import Keys
from storage.ledger import Ledger
from storage.vault import Vault

CONCURRENCY = 16
"""Requests in flight for each lane: vLLM batches them; a closed API's smallest tier allows more."""
ACCEPT = "`cordon detector check` lists what differs; if it is meant, run `cordon detector accept`."
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The database, the keys and what stands on them."""

    database: Database
    keys: Keys
    vault: Vault
    ledger: Ledger
    signer: Signer


def now() -> datetime:
    """Return the time; the one clock of the product."""
    return datetime.now(UTC)


@contextmanager
def open_stores(settings: Settings) -> Iterator[Stores]:
    """Open database, keys and audit log, migrated and checked.

    Raises:
        Unavailable: PostgreSQL does not answer.
        Refused: it is set up so that a promise would not hold, or a key file is open to others.
    """
    database = _open_database(settings)
    try:
        keys = Keys.open(settings.home / "keys")
        vault = Vault(keys)
        signer = Signer(
            database.engine(Role.SIGNER),
            key=keys.audit,
            state_file=settings.home / "audit" / "signer.json",
            origin=settings.origin,
        )
        _publish_key(settings, signer)
        ledger = Ledger(database, vault, clock=now)
        yield Stores(database=database, keys=keys, vault=vault, ledger=ledger, signer=signer)
    finally:
        database.dispose()


def _publish_key(settings: Settings, signer: Signer) -> None:
    """Write the log's public key where a gate in another process, or an auditor, finds it."""
    file = settings.home / "audit" / "log.vkey"
    line = f"{signer.verifier.vkey}\n"
    if not file.exists() or file.read_text(encoding="ascii") != line:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(line, encoding="ascii")


def _open_database(settings: Settings) -> Database:
    try:
        if settings.database_url:
            database = Database(
                settings.database_url,
                admin_url=settings.migration_url,
                signer_url=settings.signer_url,
                compliance_url=settings.compliance_url,
            )
        else:
            settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            database = Database(embedded.start(settings.home), embedded=True)
        if settings.migration_url or not settings.signer_url:  # a login a role: the worker's may not migrate
            database.migrate()
        database.self_check()
    except UnsafeDatabase as error:
        raise Refused(
            f"PostgreSQL is set up unsafely: {error.code}. docs/operations.md says what to change."
        ) from None
    except StorageError as error:
        if error.code in ("bad_database_url", "not_postgresql"):
            raise Usage("CORDON_DATABASE_URL must be written postgresql://user@host:port/database.") from None
        raise Unavailable(f"PostgreSQL cannot be used: {error.code}. Check CORDON_DATABASE_URL.") from None
    return database


def detector_config(settings: Settings) -> DetectorConfig:
    """Return how the detector is set up; what was accepted last by a person counts, else what ships."""
    lock = settings.detector_lock
    return DetectorConfig(
        ner_model=_absolute(settings.ner_model),
        nlp_configuration=_absolute(settings.nlp_configuration),
        recognisers=_absolute(settings.recognisers),
        automata=settings.home / "automata",
        accepted=lock if lock.exists() else SHIPPED_MANIFEST,
    )


def _absolute(name: str | None) -> str | None:
    """Return the path of a file or folder as a detecting process finds it, which works elsewhere; a package's name stays."""
    return str(Path(name).absolute()) if name and Path(name).exists() else name


def load_detector(settings: Settings) -> Detector:
    """Return the detector, made of what was accepted.

    Raises:
        Refused: a component is not the accepted one; names it, and how to accept it.
        Usage: the NER model or a configuration cannot be used; names the variable.
    """
    return _load(detector_config(settings))


@contextmanager
def open_detector(settings: Settings) -> Iterator[Detector | DetectorPool]:
    """Load the detector, with as many processes to look with as the settings say, for as long as it is needed.

    Raises:
        Refused, Usage: as `load_detector`; also, when a process is needed, Refused if its detector is another one.
        Unavailable: a process is needed and cannot be started.
    """
    detector = load_detector(settings)
    if settings.detector_processes == 1:
        yield detector
        return
    config = detector_config(settings)
    with DetectorPool(detector, config, processes=settings.detector_processes) as pool:
        try:
            yield pool
        except DetectorUnavailable as error:
            if error.code == ANOTHER_DETECTOR:
                raise Refused(
                    "A detecting process has another detector: files changed while it ran. Start again."
                ) from None
            raise Unavailable(
                f"No detecting process can be started: {error.code}. Free some memory, or set"
                " CORDON_DETECTOR_PROCESSES=1 to look in the worker itself."
            ) from None


def build_detector(settings: Settings) -> Detector:
    """Return the detector whether it was accepted or not: to look at it, never to decide with it.

    Raises:
        Usage: as `load_detector`.
    """
    return _load(replace(detector_config(settings), accepted=None))


def _load(config: DetectorConfig) -> Detector:
    try:
        return Detector.load(config)
    except ManifestDrift as drift:
        shown = "; ".join(map(str, drift.differences[:_SHOWN]))
        more = len(drift.differences) - _SHOWN
        raise Refused(
            f"The detector is not the accepted one ({shown}{f'; and {more} more' if more > 0 else ''}). {ACCEPT}"
        ) from None
    except DetectorUnavailable as error:
        raise Usage(
            f"The detector cannot be loaded: {error.code}. Check CORDON_NER_MODEL, CORDON_NLP_CONFIGURATION"
            " and CORDON_RECOGNISERS."
        ) from None


def _check_canaries() -> None:
    try:
        check_canaries()
    except CanariesUnavailable as error:
        raise Usage(
            f"No canaries can be made: {error.code}. The installation is damaged; install it again."
        ) from None


@contextmanager
def open_tools(settings: Settings, stores: Stores, *, law: Law, on_prem_url: str) -> Iterator[Tools]:
    """Build everything that a run needs, with both lanes on one event loop.

    Raises:
        Usage: the detector cannot be loaded, or no canaries can be made.
    """
    with ExitStack() as stack:
        detector = stack.enter_context(open_detector(settings))
        _check_canaries()
        stores.ledger.activate_detector(detector.digest, detector.manifest)
        runner = stack.enter_context(asyncio.Runner())
        lanes = AsyncExitStack()
        stack.callback(lambda: runner.run(lanes.aclose()))

        async def open_lanes() -> tuple[OnPrem, WayOut[Proof] | None]:
            endpoint = OnPremEndpoint(url=on_prem_url, model=settings.on_prem_model, concurrency=CONCURRENCY)
            on_prem = await lanes.enter_async_context(OnPrem(endpoint))
            if settings.gate_url is not None:
                return on_prem, await lanes.enter_async_context(remote_gate(settings))
            if settings.closed_api_key is None:
                return on_prem, None
            gate = Gate(
                closed_endpoint(settings),
                tasks=[law.task],
                policy=law.policy,
                scan=detector.scan,
                notary=LogNotary(stores.signer.verifier),
                clock=now,
            )
            return on_prem, await lanes.enter_async_context(gate)

        on_prem, gate = runner.run(open_lanes())
        yield Tools(
            detector=detector,
            policy=law.policy,
            task=law.task,
            ledger=stores.ledger,
            signer=stores.signer,
            keys=stores.keys,
            runner=runner,
            on_prem=on_prem,
            gate=gate,
            closed_model=settings.closed_model,
            closed_host=urlsplit(settings.closed_url).hostname or "",
            on_prem_model=settings.on_prem_model,
            concurrency=CONCURRENCY,
            results=settings.home / "results",
            limits=ReadLimits(),
            chunk_documents=settings.chunk_documents,
            clock=now,
            owner=owner_name(),
        )


def closed_endpoint(settings: Settings) -> ClosedEndpoint:
    """Return the closed API as a gate in this process uses it."""
    return ClosedEndpoint(
        url=settings.closed_url,
        model=settings.closed_model,
        api_key=settings.closed_api_key or "",
        provider=provider_of(settings.closed_url),
        concurrency=CONCURRENCY,
    )


def remote_gate(settings: Settings) -> RemoteGate[Proof]:
    """Return the way to the gate's own process.

    Raises:
        Usage: the token that it wants to see is missing.
    """
    if settings.gate_url is None or settings.gate_token is None:
        raise Usage(
            "CORDON_GATE_URL needs CORDON_GATE_TOKEN_FILE: a file with the token that the gate knows."
        )
    return RemoteGate(
        settings.gate_url,
        token=settings.gate_token,
        proof_fields=proof_fields,
        concurrency=CONCURRENCY,
    )


def check_on_prem(tools: Tools) -> None:
    """Ask the on-prem server whether it serves the model that is configured.

    Raises:
        Unavailable: it does not answer.
        Usage: it serves other models; names them.
    """
    try:
        models = tools.runner.run(tools.on_prem.models())
    except ModelUnavailable as error:
        raise Unavailable(
            f"The on-prem model does not answer ({error.code}). Check CORDON_ON_PREM_URL, or run `cordon up`."
        ) from None
    if models and tools.on_prem_model not in models:
        raise Usage(f"CORDON_ON_PREM_MODEL names no model that is served. Served: {', '.join(models)}.")
