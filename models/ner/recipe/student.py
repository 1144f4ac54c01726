"""Train the small network that ships, on labels and on what the teacher thinks.

    python student.py --records FILE... --dev FILE --answers FILE --lists FOLDER --out FILE
                      [--epochs N] [--start FILE --rate X]

Records beyond those that the teacher answered for teach by their labels alone.

Its parts and their names are those that `pipeline/detect/tagger.py` runs. The table of pieces begins as
the principal components of MiniLM's word embeddings; lists of names and pieces are dropped at random
in training, so that neither a list nor a known word alone makes a name.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from features import word_features
from labels import LABELS, targets
from lexicon import read_lexicon
from safetensors.torch import load_file
from teacher import MINILM, set_loss
from torch import Tensor, nn
from torch.nn import functional

DILATIONS = (1, 1, 2, 4, 1, 1)
PIECE_WIDTH, FORM_WIDTH, START_WIDTH, END_WIDTH = 96, 16, 24, 32
BATCH, LENGTH = 32, 192  # words
GAP = 6  # words of nothing between two records
WARM_STEPS = 100
UNKNOWN = 100  # the piece of unknown words
WORD_DROPPED, LISTS_DROPPED = 0.06, 0.25
FROM_LABELS = 0.4  # share of the loss; the rest comes from the teacher


class Block(nn.Module):
    """Layer norm, a convolution over three words, ReLU, and what came in."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.ln = nn.LayerNorm(width)
        self.c = nn.Conv1d(width, width, 3, dilation=dilation, padding=dilation)
        self.drop = nn.Dropout(0.1)
        nn.init.kaiming_normal_(self.c.weight, nonlinearity="relu")
        self.c.weight.data *= 0.7

    def forward(self, states: Tensor) -> Tensor:
        """Return states [batch, word, width]."""
        return states + self.drop(functional.relu(self.c(self.ln(states).transpose(1, 2)).transpose(1, 2)))


class Student(nn.Module):
    """Features of words in, labels out."""

    def __init__(self, *, width: int, pieces: int, lists: int) -> None:
        super().__init__()
        rows = word_features.END_ROWS
        self.emb = nn.Embedding(pieces, PIECE_WIDTH, padding_idx=0)
        self.sh = nn.Embedding(word_features.OUTSIDE + 1, FORM_WIDTH)
        self.pre = nn.Embedding(rows, START_WIDTH, padding_idx=0)
        self.suf = nn.Embedding(rows, END_WIDTH, padding_idx=0)
        for table in (self.sh, self.pre, self.suf):
            nn.init.normal_(table.weight, std=0.1)
        self.inp = nn.Linear(2 * PIECE_WIDTH + FORM_WIDTH + START_WIDTH + END_WIDTH + lists, width)
        self.blocks = nn.ModuleList(Block(width, dilation) for dilation in DILATIONS)
        self.ln = nn.LayerNorm(width)
        self.out = nn.Linear(width, len(LABELS))

    def forward(self, pieces: Tensor, forms: Tensor, lists: Tensor) -> Tensor:
        """Return logits [batch, word, label] of pieces [.., MOST_PIECES], forms [.., 3] and lists [.., lists]."""
        present = (pieces > 0).float()
        embedded = self.emb(pieces)
        mean = (embedded * present[..., None]).sum(2) / present.sum(2, keepdim=True).clamp(min=1)
        seen = [
            embedded[:, :, 0],
            mean,
            self.sh(forms[..., 0]),
            self.pre(forms[..., 1]),
            self.suf(forms[..., 2]),
        ]
        states = self.inp(torch.cat([*seen, lists], -1))
        for block in self.blocks:
            states = block(states)
        return self.out(self.ln(states))


class Words:
    """Every distinct word once, as rows of tensors; row 0 is no word."""

    def __init__(self, lexicon: word_features.Lexicon) -> None:
        self._lexicon = lexicon
        self._rows: dict[str, int] = {}
        self._pieces = [[0] * word_features.MOST_PIECES]
        self._forms = [[word_features.OUTSIDE, 0, 0]]
        self._lists = [[0] * lexicon.count]

    def row(self, word: str) -> int:
        """Return the row of `word`, made when it is new."""
        if word not in self._rows:
            seen = self._lexicon.features(word)
            self._rows[word] = len(self._pieces)
            self._pieces.append([*seen.pieces, *[0] * (word_features.MOST_PIECES - len(seen.pieces))])
            self._forms.append([seen.form, seen.start, seen.end])
            self._lists.append(list(seen.lists))
        return self._rows[word]

    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return pieces, forms and lists of all rows."""
        return torch.tensor(self._pieces), torch.tensor(self._forms), torch.tensor(self._lists).float()


def read(paths: list[Path], words: Words) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return of each record its rows of words and the sets of labels that they may have."""
    found = []
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                spans, sets = targets(record)
                rows = [words.row(record["text"][start:end]) for start, end in spans]
                found.append((np.array(rows, np.int32), np.array(sets, np.int32)))
    return found


def stream(
    data: list[tuple[np.ndarray, np.ndarray]], answers: np.ndarray, order: list[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all records in `order` as one long text cut into sequences: rows, sets, the teacher's answers.

    A row of answers that sums to nothing is no answer.
    """
    begins = np.cumsum([0, *(len(rows) for rows, _ in data)])
    gap = np.zeros(GAP, np.int32)
    no_answer = np.zeros((GAP, len(LABELS)), np.uint8)
    rows = np.concatenate([part for at in order for part in (data[at][0], gap)])
    sets = np.concatenate([part for at in order for part in (data[at][1], gap)])
    said = np.concatenate([part for at in order for part in (_said(answers, begins[at : at + 2]), no_answer)])
    whole = len(rows) // LENGTH * LENGTH
    return (
        rows[:whole].reshape(-1, LENGTH),
        sets[:whole].reshape(-1, LENGTH),
        said[:whole].reshape(-1, LENGTH, len(LABELS)),
    )


def _said(answers: np.ndarray, place: np.ndarray) -> np.ndarray:
    start, end = place
    return answers[start:end] if end <= len(answers) else np.zeros((end - start, len(LABELS)), np.uint8)


def loss_of(logits: Tensor, sets: Tensor, said: Tensor) -> Tensor:
    """Return the loss by labels and by the teacher's answers, mixed."""
    given = said.sum(-1) > 0
    believed = said[given].float()
    believed = believed / believed.sum(-1, keepdim=True)
    taught = -(believed * torch.log_softmax(logits[given], -1)).sum(-1).mean()
    return FROM_LABELS * set_loss(logits, sets) + (1 - FROM_LABELS) * taught


def train(
    student: Student, words: Words, data: list, answers: np.ndarray, *, epochs: float, rate: float
) -> None:
    """Train with AdamW, a short warm-up and a cosine decline."""
    optimizer = torch.optim.AdamW(student.parameters(), lr=rate, weight_decay=0.01)
    all_words = sum(len(rows) + GAP for rows, _ in data)
    steps = int(epochs * all_words / (BATCH * LENGTH))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: (
            min(1, (step + 1) / WARM_STEPS) * max(0.01, 0.5 + 0.5 * math.cos(math.pi * step / steps))
        ),
    )
    pieces, forms, lists = words.tensors()
    done, started = 0, time.time()
    while done < steps:
        order = list(range(len(data)))
        random.shuffle(order)
        rows, sets, said = stream(data, answers, order)
        for start in range(0, len(rows) - BATCH + 1, BATCH):
            part = slice(start, start + BATCH)
            at = torch.from_numpy(rows[part].astype(np.int64))
            seen = pieces[at]
            dropped = (torch.rand(at.shape) < WORD_DROPPED) & (at > 0)
            seen[dropped] = torch.tensor([UNKNOWN, *[0] * (word_features.MOST_PIECES - 1)])
            listed = lists[at] * (torch.rand(at.shape)[..., None] > LISTS_DROPPED)
            logits = student(seen, forms[at], listed)
            loss = loss_of(
                logits, torch.from_numpy(sets[part].astype(np.int64)), torch.from_numpy(said[part])
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            if done % 100 == 0:
                print(
                    f"{done}/{steps} loss {loss.item():.4f} after {time.time() - started:.0f} s", flush=True
                )
            if done >= steps:
                break


def principal(rows: int) -> Tensor:
    """Return the principal components of MiniLM's table of pieces, at the scale of the other inputs."""
    stored = load_file(MINILM / "model.safetensors")
    table = next(value for name, value in stored.items() if name.endswith("word_embeddings.weight"))[
        :rows
    ].float()
    centred = table - table.mean(0)
    _, _, directions = torch.pca_lowrank(centred, PIECE_WIDTH, niter=4)
    projected = centred @ directions
    projected *= 0.3 / projected.std()
    projected[0] = 0
    return projected


def main() -> None:
    """Train, say how well it does on the development part, and store the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=Path, nargs="+", required=True, help="in the order of the answers")
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--lists", type=Path, required=True, help="folder with pieces.txt and lists.txt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=7)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    random.seed(arguments.seed)
    lexicon = read_lexicon(arguments.lists)
    words = Words(lexicon)
    data, dev = read(arguments.records, words), read([arguments.dev], words)
    student = Student(width=arguments.width, pieces=len(lexicon.pieces), lists=lexicon.count)
    student.emb.weight.data.copy_(principal(len(lexicon.pieces)))
    if arguments.start:
        student.load_state_dict(torch.load(arguments.start))
    answers = np.load(arguments.answers, mmap_mode="r")
    train(student, words, data, answers, epochs=arguments.epochs, rate=arguments.rate)
    torch.save(student.state_dict(), arguments.out)
    student.eval()
    pieces, forms, lists = words.tensors()
    with torch.no_grad():
        losses = [
            set_loss(student(pieces[at], forms[at], lists[at]), torch.from_numpy(sets.astype(np.int64))[None])
            for rows, sets in dev
            if (at := torch.from_numpy(rows.astype(np.int64))[None]).numel() and sets.any()
        ]
    print(f"loss on the development part {torch.stack(losses).mean().item():.4f}")


if __name__ == "__main__":
    main()
