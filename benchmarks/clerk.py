"""How long the on-prem model server takes to start, and how many requests a second it answers.

    .venv/bin/python benchmarks/clerk.py

Starts vLLM from .venv-model on the shipped weights and the example documents, and stops it at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 300


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(port: int) -> subprocess.Popen[bytes]:
    """Start vLLM as `cordon up` does."""
    environment = os.environ | {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
    }
    command = [ROOT / ".venv-model/bin/python", "-m", "vllm.entrypoints.openai.api_server"]
    options = {
        "--model": ROOT / "models/clerk/weights",
        "--served-model-name": "clerk",
        "--host": "127.0.0.1",
        "--port": port,
        "--dtype": "bfloat16",
        "--max-model-len": 4096,
        "--max-num-seqs": 32,
        "--uvicorn-log-level": "warning",
    }
    arguments = [str(part) for option in options.items() for part in option]
    return subprocess.Popen(
        [*map(str, command), "--enforce-eager", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    """Return when the server is healthy.

    Raises:
        RuntimeError: it ended, or took longer than five minutes.
    """
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError("the model server did not start")


def ask(url: str, task: dict, text: str) -> int:
    """Return how many tokens the server wrote."""
    schema = {"name": task["name"], "schema": task["answer"], "strict": True}
    request = {
        "model": "clerk",
        "temperature": 0,
        "max_tokens": task["limits"]["max_output_tokens"],
        "messages": [{"role": "system", "content": task["prompt"]}, {"role": "user", "content": text}],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }
    body = json.dumps(request).encode()
    call = urllib.request.Request(f"{url}/v1/chat/completions", body, {"content-type": "application/json"})  # noqa: S310 - loopback
    with urllib.request.urlopen(call, timeout=300) as response:  # noqa: S310 - same
        return json.load(response)["usage"]["completion_tokens"]


def memory_bytes(server: subprocess.Popen[bytes]) -> int:
    """Return the resident memory of the server and all its children."""
    parent = psutil.Process(server.pid)
    return sum(process.memory_info().rss for process in [parent, *parent.children(recursive=True)])


def measure(url: str, texts: list[str], *, concurrency: int) -> None:
    """Print requests and tokens a second for each shipped task."""
    for path in sorted((ROOT / "pipeline/tasks").glob("*.yaml")):
        task = yaml.safe_load(path.read_text(encoding="utf-8"))
        ask(url, task, texts[0])  # compiles the grammar
        started = time.monotonic()
        with ThreadPoolExecutor(concurrency) as pool:
            tokens = list(pool.map(lambda text, task=task: ask(url, task, text), texts))
        seconds = time.monotonic() - started
        print(f"| {task['name']} | {len(texts) / seconds:.1f} | {sum(tokens) / seconds:.0f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--requests", type=int, default=120, help="per task")
    parser.add_argument("--concurrency", type=int, default=16)
    options = parser.parse_args()
    records = (ROOT / "examples/documents/records.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in records]
    texts = (texts * (options.requests // len(texts) + 1))[: options.requests]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    started = time.monotonic()
    server = start_server(port)
    try:
        wait_until_ready(server, url)
        print(
            f"ready after {time.monotonic() - started:.1f} s, {memory_bytes(server) / 2**20:.0f} MiB resident\n"
        )
        print("| task | requests/s | tokens/s |\n|---|---|---|")
        measure(url, texts, concurrency=options.concurrency)
    finally:
        server.terminate()
        server.wait(60)


if __name__ == "__main__":
    main()
