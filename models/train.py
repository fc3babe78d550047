"""Trains the network on the tokens; computes in bfloat16 where that is quicker, keeps the weights in float32.

In:  models/work/tokens.npz (tokenizer.py); models/work/checkpoint.pt with --resume.
Out: models/work/checkpoint.pt: network, optimisers, step, seconds; a line of log every 50 steps.

Samples of like length make a batch, padded to the longest, so that every sample sees what it will see in use:
itself only. The loss counts answers fully, texts at TEXT_WEIGHT, and the fixed words of the prompts not at all.
These fixed words, a third of the tokens, are left out altogether in the first phases, and short samples come first:
taking words from the text, of which all else is made, is learnt soonest from them.
The learning rate warms up, stays, and falls to nothing over the last DECAY of the budget.

Run: python models/train.py (--steps N | --minutes N) [--seed N] [--threads N] [--resume]
"""

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from llama import Config, Llama
from muon import Muon

WORK = Path(__file__).resolve().parent / "work"
CHECKPOINT = WORK / "checkpoint.pt"
BATCH_TOKENS = 8192
PEAK_RATE = 2e-3
WARMUP_STEPS = 50
# (up to which part of the budget, without the shared words of the prompts, longest sample in tokens)
PHASES = [(0.15, True, 256), (0.8, True, None), (1.0, False, None)]
DECAY = 0.5
TEXT_WEIGHT = 0.2


class Data:
    """The samples of tokens.npz, as padded batches; short samples begin where their own part does."""

    def __init__(self, path):
        with np.load(path) as arrays:
            self.ids, self.starts, self.texts, self.answers, self.tasks = (
                arrays[k] for k in ("ids", "starts", "texts", "answers", "tasks")
            )
            self.names = [str(name) for name in arrays["names"]]
            self.held_out = int(arrays["held_out"])
        self.ends = self.starts[1:]

    def first(self, short):
        """Where each sample begins."""
        return self.texts if short else self.starts[:-1]

    def batches(self, indices, short):
        """Groups sample indices into lists of like length, each of about BATCH_TOKENS tokens."""
        lengths = self.ends - self.first(short)
        groups, current = [], []
        for index in sorted(indices, key=lambda i: lengths[i]):
            if current and (len(current) + 1) * lengths[index] > BATCH_TOKENS:
                groups.append(current)
                current = []
            current.append(index)
        return groups + [current]

    def epoch(self, seed, number, short, longest=None):
        """The batches of one pass over all samples but the held-out ones, in a fixed random order."""
        rng = random.Random(f"{seed} {number} {short} {longest}")
        indices = range(self.held_out, len(self.ends))
        if longest is not None:
            lengths = self.ends - self.first(short)
            indices = [i for i in indices if lengths[i] <= longest]
        groups = self.batches(rng.sample(list(indices), len(indices)), short)
        rng.shuffle(groups)
        return groups

    def tensors(self, indices, short):
        """ids [batch, longest], and the loss weight of predicting each following token, [batch, longest - 1]."""
        first = self.first(short)
        longest = max(self.ends[i] - first[i] for i in indices)
        longest += -longest % 32  # fewer shapes
        ids = torch.zeros(len(indices), longest + 1, dtype=torch.long)
        weights = torch.zeros(len(indices), longest + 1)
        for row, i in enumerate(indices):
            start, end = first[i], self.ends[i]
            ids[row, : end - start] = torch.from_numpy(self.ids[start:end].astype(np.int64))
            weights[row, self.texts[i] - start : end - start] = TEXT_WEIGHT
            weights[row, self.answers[i] - start : end - start] = 1.0
        return ids, weights[:, 1:]


@torch.compile(dynamic=True)
def token_losses(hidden, embedding, targets):
    """The loss of every token; the embedding is the output layer too."""
    return F.cross_entropy(F.linear(hidden, embedding).float(), targets, reduction="none")


def loss_of(model, ids, weights):
    """Weighted mean loss of the next tokens, and (sum, count) over answer tokens alone."""
    counted = weights > 0
    hidden = model(ids[:, :-1])[counted]
    weights = weights[counted]
    losses = token_losses(hidden, model.token_embd.weight, ids[:, 1:][counted])
    answer = weights == 1.0
    return (losses * weights).sum() / weights.sum(), losses[answer].detach().sum().item(), int(answer.sum())


@torch.no_grad()
def held_out_losses(model, data):
    """Mean loss of the answer tokens of the held-out samples of each task, with their whole prompts."""
    losses = {}
    for number, name in enumerate(data.names):
        total, count = 0.0, 0
        chosen = [i for i in range(data.held_out) if data.tasks[i] == number]
        for indices in data.batches(chosen, short=False) if chosen else []:
            _, batch_sum, batch_count = loss_of(model, *data.tensors(indices, short=False))
            total, count = total + batch_sum, count + batch_count
        if count:
            losses[name] = round(total / count, 3)
    return losses


def quickest():
    """The type in which matrix products take least time here: bfloat16 with AMX, float32 on most cores without."""
    times = {}
    for dtype in (torch.bfloat16, torch.float32):
        matrix = torch.randn(1024, 1024).to(dtype)
        matrix @ matrix
        began = time.monotonic()
        for _ in range(5):
            matrix @ matrix
        times[dtype] = (time.monotonic() - began) / 5
    rates = ", ".join(f"{dtype}: {2 * 1024**3 / seconds / 1e12:.2f} TFLOP/s" for dtype, seconds in times.items())
    print(f"matrix products: {rates}", flush=True)
    return min(times, key=times.get)


class Trainer:
    """The network in the quickest type, its float32 masters, and their optimisers: Muon for the blocks, AdamW for the rest."""

    def __init__(self):
        self.config = Config()
        self.model = Llama(self.config)
        self.masters = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        blocks = [value for name, value in self.masters.items() if value.dim() == 2 and name.startswith("blocks.")]
        others = [value for name, value in self.masters.items() if value.dim() == 1 or not name.startswith("blocks.")]
        adamw = torch.optim.AdamW(others, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        self.optimizers = [Muon(blocks), adamw]
        self.progress = {"step": 0, "tokens": 0, "seconds": 0.0, "phase": -1, "epoch": 0, "position": 0}
        self.model.to(quickest())
        self.model.compile(dynamic=True)
        self.sync()

    @torch.no_grad()
    def sync(self):
        for name, parameter in self.model.named_parameters():
            parameter.copy_(self.masters[name])

    def save(self):
        states = [optimizer.state_dict() for optimizer in self.optimizers]
        state = {"config": self.config.as_dict(), "model": self.masters, "optimizers": states}
        torch.save(state | self.progress, CHECKPOINT)

    def load(self):
        saved = torch.load(CHECKPOINT, weights_only=True)
        self.progress = {key: saved[key] for key in self.progress}
        for optimizer, state in zip(self.optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        for name, master in self.masters.items():
            master.copy_(saved["model"][name])
        self.sync()

    def step(self, ids, weights, rate):
        """One update; returns (sum, count) of the loss over answer tokens."""
        loss, answer_sum, answer_count = loss_of(self.model, ids, weights)
        loss.backward()
        for name, parameter in self.model.named_parameters():
            self.masters[name].grad, parameter.grad = parameter.grad.float(), None
        torch.nn.utils.clip_grad_norm_(self.masters.values(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
        self.sync()
        return answer_sum, answer_count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--steps", type=int, help="same steps, seed and threads: same data in the same order")
    budget.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    data = Data(WORK / "tokens.npz")
    trainer = Trainer()
    if args.resume:
        trainer.load()
    now = trainer.progress
    print(f"{sum(value.numel() for value in trainer.masters.values())} parameters", flush=True)
    began, logged, groups = time.monotonic() - now["seconds"], [0.0, 0], None
    while True:
        spent = now["step"] / args.steps if args.steps else now["seconds"] / (args.minutes * 60)
        if spent >= 1:
            break
        phase = next(number for number, (end, _, _) in enumerate(PHASES) if spent < end)
        _, short, longest = PHASES[phase]
        if now["phase"] != phase:
            now |= {"phase": phase, "epoch": 0, "position": 0}
            groups = None
        elif groups is not None and now["position"] == len(groups):
            now |= {"epoch": now["epoch"] + 1, "position": 0}
            groups = None
        if groups is None:
            groups = data.epoch(args.seed, now["epoch"], short, longest)
        ids, weights = data.tensors(groups[now["position"]], short)
        now["position"] += 1
        rate = PEAK_RATE * min(1.0, (now["step"] + 1) / WARMUP_STEPS, (1.0 - spent) / DECAY)
        answer_sum, answer_count = trainer.step(ids, weights, rate)
        logged = [logged[0] + answer_sum, logged[1] + answer_count]
        now["step"] += 1
        now["tokens"] += ids.numel()
        now["seconds"] = time.monotonic() - began
        if now["step"] % 50 == 0:
            mean = logged[0] / logged[1]
            print(f"step {now['step']} answer loss {mean:.3f} tokens {now['tokens']} seconds {now['seconds']:.0f}", flush=True)
            logged = [0.0, 0]
        if now["step"] % 250 == 0:
            trainer.save()
    trainer.save()
    print(f"step {now['step']} tokens {now['tokens']} seconds {now['seconds']:.0f}")
    print(f"held-out answer losses {held_out_losses(trainer.model, data)}")


if __name__ == "__main__":
    main()
