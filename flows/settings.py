"""Settings: the one module that reads the environment.

Rules
1. Every variable is read once, here, when the process starts; nothing else looks at `os.environ`.
2. A setting that could send text elsewhere is refused, not ignored: proxies, `OPENAI_BASE_URL`, plain HTTP
   to another machine, a closed API in the on-prem model's place, a file for the keys of TLS.
3. Secrets never appear in a `repr`, an error or a log.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flows.errors import Refused, Usage
from pipeline.providers import is_closed_host

DEFAULT_CLOSED_URL = "https://api.openai.com/v1"
DEFAULT_CLOSED_MODEL = "gpt-4.1-mini"
LOCAL_ON_PREM_MODEL = "clerk"
"""Name under which the small model of `models/clerk` is served."""

_MOST_CHUNK_DOCUMENTS = 10_000
"""A chunk's texts are held in memory together."""
_MOST_PROCESSES = 64
_USUAL_PROCESSES = 4
"""Detecting processes, at most, where nobody says how many: each has 200 MB."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are and how to reach them, for one process."""

    home: Path
    """Embedded PostgreSQL, keys, results, logs of services (`CORDON_HOME`)."""
    root: Path
    """Folder of the installation: shipped models, `.venv-model`."""
    database_url: str | None = field(repr=False)
    """`CORDON_DATABASE_URL`; none means the embedded PostgreSQL."""
    migration_url: str | None = field(repr=False)
    signer_url: str | None = field(repr=False)
    compliance_url: str | None = field(repr=False)
    on_prem_url: str | None
    """`CORDON_ON_PREM_URL`; none means the local vLLM service."""
    on_prem_model: str
    closed_url: str
    closed_model: str
    closed_api_key: str | None = field(repr=False)
    """None means that the closed routes are unavailable."""
    gate_url: str | None
    """`CORDON_GATE_URL`: a gate in a process of its own; none means that it runs in this one."""
    gate_token: str | None = field(repr=False)
    policy: str
    ner_model: str | None
    """A spaCy model (folder or package); none means that no model was asked for and none ships."""
    nlp_configuration: str | None
    recognisers: str | None
    """Folder of recogniser files beside the shipped ones (`CORDON_RECOGNISERS`)."""
    detector_lock: Path
    """The file of accepted detector components (`CORDON_DETECTOR_LOCK`); while there is none, what ships is accepted."""
    detector_processes: int
    """Processes that look at documents (`CORDON_DETECTOR_PROCESSES`): a core each, four at most; 1 is this one."""
    origin: str
    """Name of the audit log, first line of its checkpoints."""
    ray_address: str | None
    cron: str
    timezone: str | None
    chunk_documents: int
    """Documents that are claimed, retried and written together (`CORDON_CHUNK_DOCUMENTS`): 1,000."""
    source: str
    """What the nightly schedule reads (`CORDON_SOURCE`)."""

    @property
    def closed_available(self) -> bool:
        """Whether a key for the closed API (or a gate that holds it) is configured."""
        return self.closed_api_key is not None or self.gate_url is not None


def current_environment() -> Mapping[str, str]:
    """Return this process's environment; the one place where it is touched."""
    return os.environ


def current_settings() -> Settings:
    """Return the settings that this process's environment asks for. Raises what `load_settings` does."""
    return load_settings(os.environ)


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from `environ`.

    Raises:
        Refused: a variable would open a way out (rule 2).
        Usage: a variable's value cannot be used; the message names it.
    """
    _refuse_detours(environ)
    _refuse_closed_on_prem(environ)
    root = Path(environ.get("CORDON_ROOT") or Path(__file__).resolve().parent.parent)
    home = Path(environ.get("CORDON_HOME") or ".cordon").expanduser().absolute()
    nlp = environ.get("CORDON_NLP_CONFIGURATION") or None
    return Settings(
        home=home,
        root=root,
        database_url=environ.get("CORDON_DATABASE_URL") or None,
        migration_url=environ.get("CORDON_MIGRATION_DATABASE_URL") or None,
        signer_url=environ.get("CORDON_SIGNER_DATABASE_URL") or None,
        compliance_url=environ.get("CORDON_COMPLIANCE_DATABASE_URL") or None,
        on_prem_url=_endpoint("CORDON_ON_PREM_URL", environ.get("CORDON_ON_PREM_URL")),
        on_prem_model=environ.get("CORDON_ON_PREM_MODEL") or LOCAL_ON_PREM_MODEL,
        closed_url=_endpoint("CORDON_CLOSED_URL", environ.get("CORDON_CLOSED_URL")) or DEFAULT_CLOSED_URL,
        closed_model=environ.get("CORDON_CLOSED_MODEL") or DEFAULT_CLOSED_MODEL,
        closed_api_key=_api_key(environ),
        gate_url=_endpoint("CORDON_GATE_URL", environ.get("CORDON_GATE_URL"), private_network=True),
        gate_token=_secret_file("CORDON_GATE_TOKEN_FILE", environ.get("CORDON_GATE_TOKEN_FILE")),
        policy=environ.get("CORDON_POLICY") or "default",
        ner_model=environ.get("CORDON_NER_MODEL") or (None if nlp else _shipped_ner_model(root)),
        nlp_configuration=nlp,
        recognisers=environ.get("CORDON_RECOGNISERS") or None,
        detector_lock=Path(environ.get("CORDON_DETECTOR_LOCK") or home / "detector.lock").expanduser(),
        detector_processes=_count(
            "CORDON_DETECTOR_PROCESSES",
            environ.get("CORDON_DETECTOR_PROCESSES"),
            default=min(_USUAL_PROCESSES, usable_cores()),
            most=_MOST_PROCESSES,
        ),
        origin=environ.get("CORDON_ORIGIN") or "cordon/local/audit",
        ray_address=environ.get("CORDON_RAY_ADDRESS") or None,
        cron=environ.get("CORDON_CRON") or "0 2 * * *",
        timezone=environ.get("CORDON_TIMEZONE") or environ.get("TZ") or None,
        chunk_documents=_count("CORDON_CHUNK_DOCUMENTS", environ.get("CORDON_CHUNK_DOCUMENTS"), default=1000),
        source=environ.get("CORDON_SOURCE") or str(root / "examples" / "documents"),
    )


def _shipped_ner_model(root: Path) -> str | None:
    folder = root / "models" / "ner" / "weights"
    return str(folder) if folder.is_dir() else None


def _refuse_detours(environ: Mapping[str, str]) -> None:
    for name in ("OPENAI_BASE_URL", *_PROXIES):
        if environ.get(name):
            raise Refused(
                f"{name} is set, and could send documents elsewhere. Unset it; "
                "the closed API's address belongs in CORDON_CLOSED_URL."
            )

    if environ.get("SSLKEYLOGFILE"):
        raise Refused("SSLKEYLOGFILE is set: whoever reads that file can read every document sent. Unset it.")


def _refuse_closed_on_prem(environ: Mapping[str, str]) -> None:
    """Refuse a closed API in the on-prem model's place: regulated documents go there, past the gate."""
    parts = urlsplit(environ.get("CORDON_ON_PREM_URL") or "")
    closed = urlsplit(environ.get("CORDON_CLOSED_URL") or DEFAULT_CLOSED_URL)
    is_same = parts.netloc.lower() == closed.netloc.lower()
    if parts.hostname and (is_same or is_closed_host(parts.hostname)):
        raise Refused(
            "CORDON_ON_PREM_URL is the address of a closed API, and would get every regulated document. "
            "Name the model server in your own house."
        )


def _endpoint(name: str, url: str | None, *, private_network: bool = False) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Usage(f"{name} is not an address. Write it as https://host:port/v1.")
    if parts.username or parts.password:
        raise Refused(f"{name} holds a user or password. Put the key in a file: CORDON_CLOSED_API_KEY_FILE.")
    if (
        parts.scheme == "http"
        and not _is_loopback(parts.hostname)
        and not (private_network and _is_private(parts.hostname))
    ):
        raise Refused(f"{name} is plain http to another machine. Use https, or an address on loopback.")
    return url.rstrip("/")


def _count(name: str, value: str | None, *, default: int, most: int = _MOST_CHUNK_DOCUMENTS) -> int:
    if not value:
        return default
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise Usage(f"{name} is no number from 1 to {most}.")
    return int(value)


def usable_cores() -> int:
    """Return how many cores this process may run on, which may be fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    """Whether `host` is an address of a private network, or a container's name, which has no dot."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def _api_key(environ: Mapping[str, str]) -> str | None:
    from_file = _secret_file("CORDON_CLOSED_API_KEY_FILE", environ.get("CORDON_CLOSED_API_KEY_FILE"))
    return from_file or environ.get("OPENAI_API_KEY") or None


def _secret_file(name: str, path: str | None) -> str | None:
    if not path:
        return None
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Usage(f"{name} cannot be read. Name a readable file that holds the secret alone.") from None
    if not secret:
        raise Usage(f"{name} names an empty file. Put the secret in it.")
    return secret


def prefect_environment(home: Path, *, api_url: str | None = None) -> dict[str, str]:
    """Return what Prefect reads: its own folder, telemetry off, nothing persisted (invariant 5)."""
    environment = {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": "false",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "PREFECT_LOGGING_LEVEL": "INFO",  # progress in numbers; no line of ours or Prefect's holds content
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",  # its SQLite has one writer: a busy machine waits, and errs not
        "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "60",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    }
    if api_url:
        environment["PREFECT_API_URL"] = api_url
        environment["PREFECT_UI_API_URL"] = api_url
    return environment


def child_environment(environ: Mapping[str, str], **extra: str) -> dict[str, str]:
    """Return the environment of a service that we start: what it needs, and no more of ours.

    Secrets are handed on only where `extra` names them.
    """
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME", "SSL_CERT_FILE")
    return {name: environ[name] for name in kept if name in environ} | extra


def settings_environment(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Return what a process of ours needs to load the same settings, the key's file or value included."""
    ours = {name: value for name, value in environ.items() if name.startswith("CORDON_")}
    key = {"OPENAI_API_KEY": environ["OPENAI_API_KEY"]} if environ.get("OPENAI_API_KEY") else {}
    return ours | key | {"CORDON_HOME": str(settings.home)}
