"""The network: over a whole run nothing but loopback is ever connected to (invariant 10)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage import embedded
from tests.lib.installation import ROOT, Installation, write_records
from tests.lib.texts import named, ordinary, regulated

pytestmark = pytest.mark.slow

_STRACE = shutil.which("strace")
_RUN = "from flows.cli import main; main()"
_TARGET = re.compile(
    r"(?:connect|sendto|sendmsg|sendmmsg)\(.*?sa_family=(?P<family>AF_\w+)"
    r"(?:.*?inet_addr\(\"(?P<v4>[^\"]+)\"\)|.*?inet_pton\(AF_INET6, \"(?P<v6>[^\"]+)\")?"
)


def _source(cordon: Installation) -> Path:
    """Every kind of document that ships, an e-mail address (public suffixes) and a URL."""
    folder = cordon.home / "in"
    shutil.copytree(ROOT / "examples" / "documents", folder)
    extra = [ordinary(1), named(2, mark="Write to anna@hospital-west.co.uk."), regulated(3)]
    write_records(folder / "more.jsonl", extra, prefix="n")
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="strace and namespaces are Linux's")
def test_a_whole_run_connects_to_loopback_only(cordon: Installation, tmp_path: Path) -> None:
    """Every connect and send of every process of a run goes to loopback, a local socket, or nowhere."""
    source = str(_source(cordon))
    if _STRACE is None:
        _in_a_namespace(cordon, source)
        return
    trace = tmp_path / "trace"
    words = [_STRACE, "-f", "-qq", "-e", "trace=network", "-o", str(trace), sys.executable, "-c", _RUN]
    said = tmp_path / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*words, "run", source, "--json"],
            env=cordon.environment,
            cwd=cordon.home,
            stdout=output,
            stderr=output,
        )
        deadline = time.monotonic() + 200
        while '"run"' not in said.read_text(encoding="utf-8") and time.monotonic() < deadline:
            time.sleep(0.5)
        # strace follows PostgreSQL too, which outlives the command.
        embedded.stop(cordon.home / ".cordon")
        process.wait(timeout=30)
    assert '"state": "done"' in said.read_text(encoding="utf-8")
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    targets = [match for line in lines if (match := _TARGET.search(line))]
    elsewhere = {match.group(0) for match in targets if not _stays_here(match)}
    assert not elsewhere
    # The trace has seen the calls that must be there, so that its silence means something.
    assert cordon.closed is not None
    for port in (cordon.closed.url, cordon.on_prem.url):
        number = port.rsplit(":", 1)[1].split("/")[0]
        assert any(f"htons({number})" in line for line in lines)


def _stays_here(match: re.Match[str]) -> bool:
    if match["family"] in {"AF_UNIX", "AF_NETLINK", "AF_UNSPEC"}:
        return True
    return (match["v4"] or "").startswith("127.") or match["v6"] == "::1"


def _in_a_namespace(cordon: Installation, source: str) -> None:
    """Without strace: the run happens where loopback is the only interface there is."""
    unshare, ip = shutil.which("unshare"), shutil.which("ip")
    if unshare is None or ip is None:
        pytest.fail("neither strace nor unshare is here: install one, this check must not be skipped")
    inside = (
        f"{ip} link set lo up; "
        f"{sys.executable} -m flows.stand_in --port 18741 & closed=$!; "
        f"{sys.executable} -m flows.stand_in --port 18742 --api-key none & on_prem=$!; "
        f'{sys.executable} -c "{_RUN}" run "$SOURCE" --json; code=$?; kill $closed $on_prem; exit $code'
    )
    environment = cordon.environment | {
        "SOURCE": source,
        "PYTHONPATH": str(ROOT),
        "CORDON_ON_PREM_URL": "http://127.0.0.1:18742/v1",
        "CORDON_CLOSED_URL": "http://127.0.0.1:18741/v1",
    }
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    ended = subprocess.run(
        [unshare, "--net", *root, "bash", "-c", inside],
        env=environment,
        cwd=cordon.home,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert '"state": "done"' in ended.stdout, ended.stderr[-1000:]
