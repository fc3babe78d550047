"""Trains the network on the tokens, on a GPU where there is one, else on the processor.

In:  models/work/tokens.npz (tokenizer.py); models/work/checkpoint.pt with --resume.
Out: models/work/checkpoint.pt: network, optimisers, step, seconds; with --weights the network alone in half precision,
     for export.py; a line of log every 50 steps.

It computes in bfloat16 where that is quicker and keeps the weights in float32. Samples about one text are computed
together (trees.py), each seeing what it will see in use: itself only. The loss counts answers fully,
texts at the weight of the phase, and the fixed words of the prompts not at all. These fixed words, a quarter of the
tokens, are left out altogether in the first phases, and short samples come first: taking words from the text, of which
all else is made, is learnt soonest from them. Texts come again in many samples: their weight falls, lest they be learnt
by heart. The learning rate warms up, stays, and falls to nothing over the last DECAY of the budget.

Run: python models/train.py (--steps N | --minutes N) [--size NAME] [--seed N] [--threads N] [--resume] [--weights PATH]
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.fx.experimental._config
import torch.nn.functional as F

from llama import SIZES, Llama
from muon import Muon
from trees import Data

WORK = Path(__file__).resolve().parent / "work"
CHECKPOINT = WORK / "checkpoint.pt"
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
ON_GPU = DEVICE.type == "cuda"
# A processor sees a part of the samples; a GPU sees all of them several times.
BATCH_TOKENS, DROPOUT, PEAK_RATE, SIZE = (65536, 0.05, 3e-3, "full") if ON_GPU else (6144, 0.0, 4e-3, "small")
WARMUP_STEPS = 50
# What a made-up topic or input says can hardly be foreseen: their answers would drown those that can be learnt.
TASK_WEIGHTS = {"topics": 0.3, "inputs": 0.2}
DECAY = 0.6


@dataclass
class Phase:
    end: float  # the part of the budget up to which it goes
    short: bool  # without the words that prompts share
    longest: int | None  # tokens of a sample, at most
    text_weight: float


PHASES = (
    [Phase(0.12, True, 256, 0.3), Phase(0.45, True, None, 0.2), Phase(1.0, False, None, 0.05)]
    if ON_GPU
    else [Phase(0.1, True, 160, 0.2), Phase(0.5, True, 320, 0.0), Phase(0.85, True, 800, 0.0), Phase(1.0, False, 1024, 0.0)]
)


def token_losses(hidden, embedding, targets):
    """The loss of every token; the embedding is the output layer too."""
    return F.cross_entropy(F.linear(hidden, embedding).float(), targets, reduction="none")


if not ON_GPU:
    # One compilation for all shapes: two of them that are equal once need not be so the next time.
    torch.fx.experimental._config.use_duck_shape = False
    token_losses = torch.compile(token_losses, dynamic=True)


def loss_of(model, batch, dropout=0.0):
    """Weighted mean loss of the next tokens, and the sum and the count over answer tokens alone, as tensors."""
    hidden = model(batch.stems, batch.rows, batch.stem_of, batch.positions, batch.mask, dropout)[batch.places]
    losses = token_losses(hidden, model.token_embd.weight, batch.targets)
    means = (losses * batch.weights).sum() / batch.weights.sum()
    return means, torch.stack(((losses.detach() * batch.answers).sum(), batch.answers.sum()))


@torch.no_grad()
def held_out_losses(model, data):
    """Mean loss of the answer tokens of the held-out samples of each task, with their whole prompts."""
    model.eval()
    losses = {}
    for number, name in enumerate(data.names):
        total = torch.zeros(2, device=DEVICE)
        chosen = [i for i in range(data.held_out) if data.tasks[i] == number]
        for trees in data.batches(data.trees(chosen, short=False), BATCH_TOKENS):
            batch = data.batch(trees, False, 0.0).to(DEVICE, model.token_embd.weight.dtype)
            total += loss_of(model, batch)[1]
        if total[1] > 0:
            losses[name] = round((total[0] / total[1]).item(), 3)
    model.train()
    return losses


def quickest():
    """The type in which matrix products take least time here: bfloat16 on GPUs and with AMX, float32 on most cores without."""
    times = {}
    for dtype in (torch.bfloat16, torch.float32):
        matrix = torch.randn(1024, 1024).to(DEVICE, dtype)
        matrix @ matrix
        began = time.monotonic()
        for _ in range(5):
            product = matrix @ matrix
        product.sum().item()
        times[dtype] = (time.monotonic() - began) / 5
    rates = ", ".join(f"{dtype}: {2 * 1024**3 / seconds / 1e12:.2f} TFLOP/s" for dtype, seconds in times.items())
    print(f"matrix products of 1024: {rates}", flush=True)
    return torch.bfloat16 if ON_GPU else min(times, key=times.get)


class Trainer:
    """The network in the quickest type, its float32 masters, and their optimisers: Muon for the blocks, AdamW for the rest."""

    def __init__(self, size):
        self.config = SIZES[size]
        self.model = Llama(self.config).to(DEVICE)
        self.parameters = dict(self.model.named_parameters())
        self.masters = {name: value.detach().clone() for name, value in self.parameters.items()}
        blocks = [value for name, value in self.masters.items() if value.dim() == 2 and name.startswith("blocks.")]
        others = [value for name, value in self.masters.items() if value.dim() == 1 or not name.startswith("blocks.")]
        adamw = torch.optim.AdamW(others, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        self.optimizers = [Muon(blocks), adamw]
        self.progress = {"step": 0, "tokens": 0, "seconds": 0.0, "phase": -1, "epoch": 0, "position": 0}
        self.dtype = quickest()
        self.model.to(self.dtype)
        if not ON_GPU:
            self.model.compile(dynamic=True)
        self.sync()

    @torch.no_grad()
    def sync(self):
        torch._foreach_copy_(list(self.parameters.values()), list(self.masters.values()))

    def save(self):
        states = [optimizer.state_dict() for optimizer in self.optimizers]
        state = {"config": self.config.as_dict(), "model": self.masters, "optimizers": states}
        torch.save(state | self.progress, CHECKPOINT)

    def save_weights(self, path):
        """What export.py needs, in half precision: a quarter of a checkpoint and less."""
        weights = {name: value.half().cpu() for name, value in self.masters.items()}
        torch.save({"config": self.config.as_dict(), "model": weights} | self.progress, path)

    def load(self):
        saved = torch.load(CHECKPOINT, weights_only=True, map_location=DEVICE)
        self.progress = {key: saved[key] for key in self.progress}
        for optimizer, state in zip(self.optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        for name, master in self.masters.items():
            master.copy_(saved["model"][name])
        self.sync()

    def step(self, batch, rate):
        """One update; returns the sum and the count of the loss over answer tokens."""
        loss, answers = loss_of(self.model, batch, DROPOUT)
        loss.backward()
        # Each step would push all words that are not wanted a little away, and Adam makes much of little: rare ones would
        # end up beside each other, where none can be told from another when it is to be taken from a text.
        absent = torch.ones(self.config.vocabulary, dtype=torch.bool, device=DEVICE)
        for ids in (batch.stems, batch.rows, batch.targets):
            absent[ids.reshape(-1)] = False
        self.parameters["token_embd.weight"].grad[absent] = 0
        for name, parameter in self.parameters.items():
            self.masters[name].grad, parameter.grad = parameter.grad.float(), None
        torch.nn.utils.clip_grad_norm_(list(self.masters.values()), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
        self.sync()
        return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--steps", type=int, help="same steps, seed and threads: same data in the same order")
    budget.add_argument("--minutes", type=float)
    parser.add_argument("--size", choices=SIZES, default=SIZE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--weights", type=Path, help="also write the weights alone, in half precision")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    data = Data(WORK / "tokens.npz", TASK_WEIGHTS)
    trainer = Trainer(args.size)
    if args.resume:
        trainer.load()
    now = trainer.progress
    print(f"{sum(value.numel() for value in trainer.masters.values())} parameters, on {DEVICE.type}", flush=True)
    began, logged, trees, groups = time.monotonic() - now["seconds"], torch.zeros(2, device=DEVICE), None, []
    while True:
        spent = now["step"] / args.steps if args.steps else now["seconds"] / (args.minutes * 60)
        if spent >= 1:
            break
        number = next(number for number, phase in enumerate(PHASES) if spent < phase.end)
        phase = PHASES[number]
        if now["phase"] != number:
            if trees is not None:
                print(f"held-out answer losses {held_out_losses(trainer.model, data)}", flush=True)
            now |= {"phase": number, "epoch": 0, "position": 0}
            trees = None
        if trees is None:
            trees = data.trees(range(data.held_out, len(data.ends)), phase.short, phase.longest)
            groups = data.epoch(args.seed, now["epoch"], trees, BATCH_TOKENS)
        if now["position"] >= len(groups):
            now |= {"epoch": now["epoch"] + 1, "position": 0}
            groups = data.epoch(args.seed, now["epoch"], trees, BATCH_TOKENS)
        batch = data.batch(groups[now["position"]], phase.short, phase.text_weight).to(DEVICE, trainer.dtype)
        now["position"] += 1
        rate = PEAK_RATE * min(1.0, (now["step"] + 1) / WARMUP_STEPS, (1.0 - spent) / DECAY)
        logged += trainer.step(batch, rate)
        now["step"] += 1
        now["tokens"] += batch.tokens
        if ON_GPU and now["step"] % 10 == 0:
            torch.cuda.synchronize()  # so that the time is that of work done, not of work handed in
        now["seconds"] = time.monotonic() - began
        if now["step"] % 50 == 0:
            mean = (logged[0] / logged[1]).item()
            print(f"step {now['step']} answer loss {mean:.3f} tokens {now['tokens']} seconds {now['seconds']:.0f}", flush=True)
            logged.zero_()
        if now["step"] % (250 if not ON_GPU else 2500) == 0:
            trainer.save()
            if args.weights:
                trainer.save_weights(args.weights)
    trainer.save()
    if args.weights:
        trainer.save_weights(args.weights)
    print(f"step {now['step']} tokens {now['tokens']} seconds {now['seconds']:.0f}")
    print(f"held-out answer losses {held_out_losses(trainer.model, data)}")


if __name__ == "__main__":
    main()
