"""docker-compose.yml, Dockerfiles and secrets: what production promises, read from the files themselves."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from storage import embedded
from storage.database import Database, Role

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_only_the_gate_reaches_outside():
    """One service is on a network with a way out, and it is the only one with the closed API's key."""
    outside = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert outside == {"egress", "operators"}
    assert [name for name, one in SERVICES.items() if "egress" in one["networks"]] == ["gate"]
    assert [name for name, one in SERVICES.items() if "operators" in one["networks"]] == ["ui"]
    assert [name for name, one in SERVICES.items() if "closed_api_key" in one.get("secrets", [])] == ["gate"]
    masquerade = "com.docker.network.bridge.enable_ip_masquerade"
    assert COMPOSE["networks"]["operators"]["driver_opts"][masquerade] == "false"


def test_networks_join_only_who_must_talk():
    """The model server and the database share no network with anyone who has no business there."""
    members = {
        network: {name for name, one in SERVICES.items() if network in one["networks"]}
        for network in COMPOSE["networks"]
    }
    assert members == {
        "database": {"postgres", "migrate", "prefect", "worker"},
        "flows": {"prefect", "ui", "worker"},
        "models": {"worker", "vllm"},
        "gate": {"worker", "gate"},
        "operators": {"ui"},
        "egress": {"gate"},
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_contained(name: str):
    """No service can write its own files, gain rights, or run as root; each says whether it is well."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert "test" in service["healthcheck"] or name == "migrate"
    assert "privileged" not in service
    assert "network_mode" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str):
    """Every image names its version, and no port is open beyond this host's loopback."""
    assert re.search(r":v?\d+\.\d+(\.\d+)*(-\w+)?$", SERVICES[name]["image"])
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("file", ["deploy/cordon/Dockerfile", "deploy/vllm/Dockerfile"])
def test_base_images_are_pinned(file: str):
    """Every base image names its version to the last digit."""
    for image in re.findall(r"^FROM (\S+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(r":v?\d+\.\d+\.\d+", image)


def test_no_password_has_a_default():
    """Passwords, keys and tokens come from files that each installation makes for itself."""
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET|AUTH|_KEY", name):
                assert str(value).startswith("/run/secrets/"), name
    assert not re.search(r"://[^@\s/]+:[^@\s/]+@", TEXT)
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("deploy/secrets.d/")
    assert "deploy/secrets.d/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_what_is_named_exists():
    """Networks, secrets, volumes, files and services that a service names are there."""
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for volume in service.get("volumes", []):
            source = volume.rsplit(":/", 1)[0] if volume.startswith("$") else volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith("$") or (ROOT / source).exists()
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()


def test_secrets_are_made_once(tmp_path: Path):
    """The script makes every secret that the services name, random and private, and overwrites none."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("secrets.d"))
    made = tmp_path / "deploy" / "secrets.d"
    contents = []
    for _ in range(2):
        subprocess.run([tmp_path / "deploy" / "secrets"], check=True, capture_output=True)
        contents.append({file.name: file.read_bytes() for file in made.iterdir()})
    assert contents[0] == contents[1]
    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} <= set(contents[0])
    assert {stat.S_IMODE(file.stat().st_mode) for file in made.iterdir()} == {0o600}
    passwords = [text for name, text in contents[0].items() if name.startswith("postgres_")]
    assert len({*passwords}) == len(passwords) == 6


def test_the_logins_can_do_their_part_and_no_more(tmp_path_factory: pytest.TempPathFactory):
    """On a new cluster the administrator migrates, the worker's login passes the self-check, others are refused."""
    home = tmp_path_factory.mktemp("cluster")
    try:
        embedded.start(home)
        superuser = embedded.url(home, "postgres")
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("DROP DATABASE cordon")
        psql = embedded._programs() / "psql"
        settings = [
            f"--set={name}_password=x" for name in ("admin", "worker", "signer", "compliance", "prefect")
        ]
        script = (
            (ROOT / "deploy/postgres/roles.sql")
            .read_text(encoding="utf-8")
            .replace(
                "CREATE EXTENSION IF NOT EXISTS pg_trgm;",
                "",  # the embedded PostgreSQL does not have it
            )
        )
        done = subprocess.run(
            [psql, superuser, "--no-psqlrc", "--quiet", *settings],
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

        def url(login: str) -> str:
            return embedded.url(home).replace("postgres@", f"{login}@")

        database = Database(
            url("cordon_worker"),
            admin_url=url("cordon_admin"),
            signer_url=url("cordon_signing"),
            compliance_url=url("cordon_reading"),
        )
        database.migrate()
        database.self_check()
        for role, login in ((Role.WRITER, "cordon_worker"), (Role.SIGNER, "cordon_signing")):
            with database.begin(role) as connection:
                assert connection.exec_driver_sql("SELECT session_user").scalar() == login
        database.dispose()
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            psycopg.connect(url("cordon_worker")) as connection,
        ):
            connection.execute("SET ROLE cordon_owner")
    finally:
        embedded.stop(home)
