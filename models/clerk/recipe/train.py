"""Train the clerk model from scratch on synthetic documents, on one CPU core or two.

    nice -n 5 .venv-model/bin/python models/clerk/recipe/train.py --minutes 40

The learning rate is constant and falls to zero in the last quarter of the time. The state is saved every
two minutes; `--resume` goes on from there. `--export-only` writes the weights of the saved state.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from clerk import (
    ANSWER,
    DOCUMENT,
    END,
    PAD,
    TASK,
    WEIGHTS,
    Clerk,
    Shape,
    export,
    load_prompts,
    train_tokenizer,
)
from documents import Sample, make_sample
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as f

SEED = 20250701
BATCH_TOKENS = 4096
POOL = 512
"""Samples that are sorted by length before they are put into batches, so that little is padding."""
MAX_TOKENS = 1400
LANGUAGE_SHARE = 0.15
"""For this share of the time the model also learns to predict the documents themselves."""
DECAY_SHARE = 0.3
PEAK_RATE = 2e-3

PARAPHRASES = {
    "triage": [
        "Classify this document: kind, urgency, department and a one-line reason.",
        "What kind of document is this, how urgent is it, and which department should handle it? Give a reason.",
        "You sort incoming mail. Answer with document_kind, urgency, department and reason as JSON.",
    ],
    "extract": [
        "List the parties, dates, amounts and identifiers of the document.",
        "Extract parties, dates, amounts and identifiers as JSON. Copy them exactly.",
        "Which people, organisations, dates, sums of money and numbers does the document name?",
    ],
    "summarise": [
        "Summarise the document and list its key points.",
        "Give a short summary and key points as JSON.",
        "What does the document say? Answer with summary and key_points.",
    ],
}


class Encoder:
    """Turns samples into token sequences: the document once, then each task with its answer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.prompts = load_prompts()
        self.special = {token: tokenizer.token_to_id(token) for token in (DOCUMENT, TASK, ANSWER, END, PAD)}

    def ids(self, text: str) -> list[int]:
        """Return the tokens of plain text."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def encode(self, rng: random.Random, sample: Sample) -> list[tuple[int, int, int, int]]:
        """Return (token, position, branch, learn) per token; branch 0 is the document.

        The branches of one document do not see one another, so that each looks as it will in use.
        """
        tokens = [self.special[DOCUMENT], *self.ids(sample.text)]
        rows = [(token, position, 0, 0) for position, token in enumerate(tokens)]
        start = len(rows)
        for branch, (task, prompt) in enumerate(self.prompts.items(), start=1):
            asked = prompt if rng.random() < 0.9 else rng.choice(PARAPHRASES[task])
            question = [self.special[TASK], *self.ids(asked), self.special[ANSWER]]
            answer = [*self.ids(sample.answer(task)), self.special[END]]
            position = start
            for index, token in enumerate(question + answer):
                rows.append((token, position + index, branch, int(index >= len(question))))
        return rows


def batches(encoder: Encoder, rng: random.Random) -> Iterator[tuple[Tensor, ...]]:
    """Yield (tokens, positions, mask, learn) without end, rows of about one length together."""
    while True:
        pool = [encoder.encode(rng, make_sample(rng)) for _ in range(POOL)]
        pool = sorted((rows for rows in pool if len(rows) <= MAX_TOKENS), key=len)
        groups, group = [], []
        for rows in pool:
            if group and (len(group) + 1) * len(rows) > BATCH_TOKENS:
                groups.append(group)
                group = []
            group.append(rows)
        groups.append(group)
        rng.shuffle(groups)
        for chosen in groups:
            yield collate(chosen, encoder.special[PAD])


def collate(group: list[list[tuple[int, int, int, int]]], pad: int) -> tuple[Tensor, ...]:
    """Return one batch; padding is a branch that nobody else sees."""
    length = -(-max(map(len, group)) // 16) * 16
    padded = [rows + [(pad, 0, 99, 0)] * (length - len(rows)) for rows in group]
    tokens, positions, branch, learn = torch.tensor(padded).unbind(-1)
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    same = branch[:, :, None] == branch[:, None, :]
    mask = causal & (same | (branch[:, None, :] == 0))
    return tokens, positions, mask[:, None], learn


@torch.compile(dynamic=True)
def token_loss(hidden: Tensor, embeddings: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy; compiled, because its temporaries are what is slow on a CPU."""
    return f.cross_entropy(f.linear(hidden, embeddings).float(), targets)


def loss_of(model: Clerk, batch: tuple[Tensor, ...], *, language: bool) -> tuple[Tensor, Tensor]:
    """Return the loss on the answers, and that on the documents (zero unless `language`)."""
    tokens, positions, mask, learn = batch
    hidden = model(tokens, positions, mask)[:, :-1]
    targets, chosen = tokens[:, 1:], learn[:, 1:] == 1
    answers = token_loss(hidden[chosen], model.embed_tokens.weight, targets[chosen])
    if not language:
        return answers, torch.zeros(())
    first = positions[:, 1:] == torch.arange(1, tokens.shape[1])
    words = first & (learn[:, 1:] == 0) & (torch.rand(first.shape) < 0.5)
    return answers, token_loss(hidden[words], model.embed_tokens.weight, targets[words])


def learning_rate(share: float) -> float:
    """Return the factor of the learning rate after this share of the time."""
    return min(1.0, share / 0.01, max(0.0, (1 - share) / DECAY_SHARE))


def make_optimizers(model: Clerk) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices of the layers and AdamW for the rest."""
    matrices = [value for value in model.layers.parameters() if value.dim() == 2]
    chosen = {id(value) for value in matrices}
    others = [value for value in model.parameters() if id(value) not in chosen]
    return [
        torch.optim.Muon(matrices, lr=PEAK_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def load_or_train_tokenizer(path: Path, shape: Shape) -> Tokenizer:
    """Return the tokenizer at `path`; train and save it if there is none."""
    if not path.exists():
        rng = random.Random(SEED)
        texts = list(load_prompts().values()) * 50
        for _ in range(30000):
            sample = make_sample(rng)
            texts += [sample.text, *(sample.answer(task) for task in sample.answers)]
        train_tokenizer(texts, shape.vocab_size).save(str(path))
    return Tokenizer.from_file(str(path))


def train(model: Clerk, tokenizer: Tokenizer, state_path: Path, *, minutes: float, resume: bool) -> None:
    """Train for `minutes` of wall clock in all, those of a resumed state included."""
    optimizers = make_optimizers(model)
    spent, step = 0.0, 0
    if resume and state_path.exists():
        state = torch.load(state_path, weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        spent, step = state["spent"], state["step"]
    source = batches(Encoder(tokenizer), random.Random(SEED + step))
    started = last_saved = time.monotonic()
    tokens, shown = 0, [0.0, 0.0]
    while (share := (spent + time.monotonic() - started) / (minutes * 60)) < 1:
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = PEAK_RATE * learning_rate(share)
        batch = next(source)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answers, words = loss_of(model, batch, language=share < LANGUAGE_SHARE)
        (answers + 0.5 * words).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        step += 1
        tokens += batch[0].numel()
        shown = [0.95 * shown[0] + 0.05 * answers.item(), 0.95 * shown[1] + 0.05 * words.item()]
        now = time.monotonic()
        if step % 50 == 0:
            pace = tokens / (now - started)
            print(
                f"{share:.3f} step {step} answers {shown[0]:.4f} words {shown[1]:.3f} {pace:.0f} tokens/s",
                flush=True,
            )
        if now - last_saved > 120:
            save_state(state_path, model, optimizers, spent + now - started, step)
            last_saved = now
    save_state(state_path, model, optimizers, spent + time.monotonic() - started, step)


def save_state(path: Path, model: Clerk, optimizers: list, spent: float, step: int) -> None:
    """Write everything that `--resume` needs, atomically."""
    partial = path.with_suffix(".partial")
    state = {
        "model": model.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "spent": spent,
        "step": step,
    }
    torch.save(state, partial)
    partial.replace(path)


def main() -> None:
    """Train and export."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--work", type=Path, default=Path(".cordon/clerk-training"), help="folder of the saved state"
    )
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--export-only", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    shape = Shape()
    tokenizer = load_or_train_tokenizer(options.work / "tokenizer.json", shape)
    model = Clerk(shape)
    print(f"{sum(value.numel() for value in model.parameters()):,} parameters", flush=True)
    state_path = options.work / "state.pt"
    if options.export_only:
        model.load_state_dict(torch.load(state_path, weights_only=True)["model"])
    else:
        for layer in model.layers:
            layer.compile(dynamic=True)
        train(model, tokenizer, state_path, minutes=options.minutes, resume=options.resume)
    export(model, tokenizer, options.output)


if __name__ == "__main__":
    main()
