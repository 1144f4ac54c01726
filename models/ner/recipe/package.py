"""Turn the student's weights into the folder that ships.

    python package.py --students FILE... --lists FOLDER --out FOLDER

Several students that went on from the same weights are averaged, weight by weight (Wortsman et al. 2022): better than either.
Tables of embeddings are stored as bytes with a scale for each row, everything else in half precision:
what that costs is in the figures of the model card, which are those of the shipped folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from labels import LABELS
from lexicon import LISTS
from student import DILATIONS

NAME, VERSION = "cordon_names", "0.2.0"
DESCRIPTION = (
    "Marks people, places, organisations, dates and groups in English office documents. A small convolutional "
    "network over words, distilled from MiniLM; CPU only, run by numpy. Its scores are probabilities."
)
LARGEST_BYTES = 15_000_000
TABLES = ("emb.weight", "pre.weight", "suf.weight")


def arrays(state: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Return the arrays as `pipeline/detect/tagger.py` wants them: matrices multiply from the right."""
    found: dict[str, np.ndarray] = {}
    for name, tensor in state.items():
        value = tensor.float().numpy()
        if name in TABLES:
            scale = np.maximum(np.abs(value).max(1), 1e-8) / 127
            found[name] = np.rint(value / scale[:, None]).astype(np.int8)
            found[f"{name}.scale"] = scale.astype(np.float32)
        elif name.endswith(".c.weight"):  # [out, in, place] -> [place and in, out]
            kernel = value.transpose(2, 1, 0).reshape(-1, value.shape[0])
            found[name.replace(".c.weight", ".kernel")] = kernel.astype(np.float16)
        elif name.endswith(".c.bias"):
            found[name.replace(".c.bias", ".bias")] = value.astype(np.float16)
        elif name in {"inp.weight", "out.weight"}:
            found[name] = value.T.astype(np.float16)
        else:
            found[name] = value.astype(np.float16)
    return found


def averaged(paths: list[Path]) -> dict[str, torch.Tensor]:
    """Return the mean of the weights in `paths`."""
    states = [torch.load(path) for path in paths]
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def main() -> None:
    """Write the folder and check its size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=Path, nargs="+", required=True)
    parser.add_argument("--lists", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.out / "weights.npz", **arrays(averaged(arguments.students)))
    for name in ("pieces.txt", "lists.txt"):
        shutil.copyfile(arguments.lists / name, arguments.out / name)
    meta = {
        "name": NAME,
        "version": VERSION,
        "description": DESCRIPTION,
        "author": "The Cordon authors",
        "license": "CC BY-SA 4.0",
        "languages": ["en"],
        "labels": LABELS,
        "lists": len(LISTS),
        "dilations": DILATIONS,
    }
    (arguments.out / "tagger.json").write_text(json.dumps(meta, indent=2) + "\n", "utf-8")
    size = sum(path.stat().st_size for path in arguments.out.iterdir())
    print(f"{size} bytes")
    if size > LARGEST_BYTES:
        raise SystemExit(f"larger than {LARGEST_BYTES} bytes")


if __name__ == "__main__":
    main()
