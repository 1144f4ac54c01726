"""Ask the teacher about every word of the training records; its answers are what the student learns.

    python distil.py --teacher FILE --out FILE RECORDS...

Writes one array [words of all records, labels] of probabilities as bytes (thousandths would waste space:
1/255 is finer than the teacher is sure), in the order of the files, and of their records and words.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from labels import LABELS, words
from teacher import Teacher, cuts, encode, padded

GROUP = 12  # sequences at once


def asked(paths: list[Path]) -> Iterator[tuple[list[int], list[int], list[int]]]:
    """Yield sequences of all records in order: pieces, forms, where words begin."""
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)["text"]
                pieces, forms, firsts = encode(text, words(text))
                for start, end in cuts(firsts, len(pieces)):
                    low, high = firsts[start], firsts[end] if end < len(firsts) else len(pieces)
                    yield pieces[low:high], forms[low:high], [at - low for at in firsts[start:end]]


def answers(teacher: Teacher, group: list[tuple[list[int], list[int], list[int]]]) -> Iterator[np.ndarray]:
    """Yield the probabilities of each sequence's words."""
    pieces, forms, mask, _ = padded([(one, two, [0] * len(one)) for one, two, _ in group])
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        shares = torch.softmax(teacher(pieces, forms, mask).float(), -1).numpy()
    for row, (_, _, firsts) in enumerate(group):
        yield np.rint(shares[row, np.array(firsts) + 1] * 255).astype(np.uint8)


def main() -> None:
    """Ask, and store the answers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("records", type=Path, nargs="+")
    arguments = parser.parse_args()
    teacher = Teacher()
    teacher.load_state_dict(torch.load(arguments.teacher))
    teacher.eval()
    everything = list(asked(arguments.records))
    # Those of one length together pad nothing; the answers go back to their places.
    order = sorted(range(len(everything)), key=lambda at: len(everything[at][0]))
    found: list[np.ndarray] = [np.zeros((0, len(LABELS)), np.uint8)] * len(everything)
    for start in range(0, len(order), GROUP):
        places = order[start : start + GROUP]
        for at, one in zip(places, answers(teacher, [everything[at] for at in places]), strict=True):
            found[at] = one
        if start % (GROUP * 200) == 0:
            print(f"{start} of {len(order)}", flush=True)
    np.save(arguments.out, np.concatenate(found))


if __name__ == "__main__":
    main()
