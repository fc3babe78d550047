"""Training data as trees: a text that is read once, and the samples about it as branches.

In:  models/work/tokens.npz (tokenizer.py).
Out: Data.epoch() -> lists of trees that make a batch; Data.batch(trees) -> Batch of tensors.

Samples about one text begin with the same tokens. These are the stem of a tree; the rest of each sample is a branch, that
sees the stem and itself and has the positions it has in use. A text has a dozen samples, so that most tokens of a batch
are ones that something is learnt from. Branches stand behind each other in rows of one length, several to a row.
"""

import random
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch


@dataclass
class Tree:
    stem: int  # tokens that all have in common, at least one
    samples: list  # numbers of samples
    tokens: int  # of stem and branches


@dataclass
class Batch:
    """T stems of at most S tokens, R rows of L tokens of their branches; places are in [T * S + R * L]."""

    stems: torch.Tensor  # ids [T, S]
    rows: torch.Tensor  # ids [R, L]
    stem_of: torch.Tensor  # [R], the stem that a row's branches belong to
    positions: torch.Tensor  # [R, L]
    mask: torch.Tensor  # [R, 1, L, S + L], 0 where a token of a row may look, else -inf
    places: torch.Tensor  # of the tokens whose following token counts
    targets: torch.Tensor  # the ids of these following tokens
    weights: torch.Tensor
    answers: torch.Tensor  # whether they are of answers

    @property
    def tokens(self):
        return self.stems.numel() + self.rows.numel()

    def to(self, device, dtype):
        """On the device; the mask in the type that is computed in."""
        pinned = device.type == "cuda"
        for name, value in vars(self).items():
            value = value.pin_memory().to(device, non_blocking=True) if pinned else value
            setattr(self, name, value.to(dtype) if name == "mask" else value)
        return self


def packed(lengths, room):
    """Numbers of branches by row, each row of at most `room` tokens: the longest first, each where it fits."""
    rows, left = [], []
    for number in sorted(range(len(lengths)), key=lambda n: -lengths[n]):
        row = next((r for r, space in enumerate(left) if space >= lengths[number]), None)
        if row is None:
            rows.append([])
            left.append(room)
            row = len(rows) - 1
        rows[row].append(number)
        left[row] -= lengths[number]
    return rows


class Data:
    """The samples of tokens.npz. `short` samples begin where their own part does, behind the words that prompts share."""

    def __init__(self, path, task_weights):
        with np.load(path) as arrays:
            self.ids, self.starts, self.texts, self.answers, self.tasks, self.passages = (
                arrays[k] for k in ("ids", "starts", "texts", "answers", "tasks", "passages")
            )
            self.names = [str(name) for name in arrays["names"]]
            self.held_out = int(arrays["held_out"])
        self.weights = [task_weights.get(name, 1.0) for name in self.names]
        self.ends = self.starts[1:]

    def first(self, short):
        """Where each sample begins."""
        return self.texts if short else self.starts[:-1]

    def tree(self, samples, short):
        """A tree of samples, or None where they have nothing in common."""
        first = self.first(short)
        begin = first[samples[0]]
        stem = min(self.answers[i] - first[i] for i in samples)
        for i in samples[1:]:
            differs = self.ids[begin : begin + stem] != self.ids[first[i] : first[i] + stem]
            stem = int(differs.argmax()) if differs.any() else stem
        # The last one that all have in common is the first of each branch: what follows it differs.
        stem = int(stem) - 1
        return Tree(stem, samples, stem + sum(int(self.ends[i] - first[i]) - stem - 1 for i in samples)) if stem > 0 else None

    def trees(self, indices, short, longest=None):
        """Trees of samples of at most `longest` tokens; whole prompts differ by task, and so do their trees."""
        lengths = self.ends - self.first(short)
        kept = [i for i in indices if longest is None or lengths[i] <= longest]
        found = []
        for _, group in groupby(kept, key=lambda i: (self.passages[i], not short and self.tasks[i])):
            samples = list(group)
            tree = self.tree(samples, short)
            found += [tree] if tree else [one for i in samples if (one := self.tree([i], short))]
        return found

    def batches(self, trees, tokens):
        """Lists of trees with stems of like length, each of about that many tokens; those of one sample are for themselves."""
        groups, current, size = [], [], 0
        for tree in sorted(trees, key=lambda one: (len(one.samples) > 1, one.stem)):
            if current and size + tree.tokens > tokens:
                groups.append(current)
                current, size = [], 0
            current.append(tree)
            size += tree.tokens
        return [*groups, current] if current else groups

    def epoch(self, seed, number, trees, tokens):
        """The batches of one pass over trees, in a fixed random order; which trees meet in a batch changes with `number`."""
        rng = random.Random(f"{seed} {number}")
        groups = self.batches(rng.sample(trees, len(trees)), tokens)
        rng.shuffle(groups)
        return groups

    def batch(self, trees, short, text_weight):
        first = self.first(short)
        width = max(tree.stem for tree in trees)
        width += -width % 32  # fewer shapes
        lengths = [[int(self.ends[i] - first[i]) - tree.stem - 1 for i in tree.samples] for tree in trees]
        longest = max(max(of_tree) for of_tree in lengths)
        longest += -longest % 32
        room = min(range(longest, max(longest, 320) + 1, 32), key=lambda room: room * sum(len(packed(one, room)) for one in lengths))
        # (number of its tree, samples) of each row
        plan = [(number, [tree.samples[n] for n in row]) for number, tree in enumerate(trees) for row in packed(lengths[number], room)]
        # At least two of each: shapes of one are compiled anew.
        stems = np.zeros((max(2, len(trees)), width), np.int64)
        plan += [(0, [])] * (2 - len(plan))
        rows = np.zeros((len(plan), room), np.int64)
        positions = np.zeros((len(plan), room), np.int64)
        branch_of = np.full((len(plan), room), -1)
        following = [np.zeros(stems.shape, np.int64), np.zeros(rows.shape, np.int64)]
        weights = [np.zeros(stems.shape, np.float32), np.zeros(rows.shape, np.float32)]
        answers = [np.zeros(stems.shape, bool), np.zeros(rows.shape, bool)]
        for number, tree in enumerate(trees):
            i, stem = tree.samples[0], tree.stem
            begin = first[i]
            stems[number, :stem] = self.ids[begin : begin + stem]
            following[0][number, :stem] = self.ids[begin + 1 : begin + stem + 1]
            weights[0][number, max(0, self.texts[i] - begin - 1) : stem] = text_weight
        for row, (number, samples) in enumerate(plan):
            at, stem = 0, trees[number].stem
            for i in samples:
                begin, end = first[i] + stem, self.ends[i]
                to, answer = at + end - begin - 1, at + max(0, self.answers[i] - begin - 1)
                rows[row, at:to] = self.ids[begin : end - 1]
                following[1][row, at:to] = self.ids[begin + 1 : end]
                positions[row, at:to] = np.arange(stem, stem + to - at)
                branch_of[row, at:to] = i
                weights[1][row, at + max(0, self.texts[i] - begin - 1) : to] = text_weight
                weights[1][row, answer:to] = self.weights[self.tasks[i]]
                answers[1][row, answer:to] = True
                at = to
        stem_of = np.array([number for number, _ in plan])
        stem_lengths = np.array([tree.stem for tree in trees])[stem_of]
        sees = np.concatenate(
            (
                np.broadcast_to((np.arange(width) < stem_lengths[:, None])[:, None], (len(plan), room, width)),
                (branch_of[:, :, None] == branch_of[:, None]) & np.tri(room, dtype=bool),
            ),
            axis=2,
        )
        flat = [np.concatenate([part.reshape(-1) for part in parts]) for parts in (following, weights, answers)]
        places = np.flatnonzero(flat[1])
        arrays = (stems, rows, stem_of, positions, np.where(sees, np.float32(0), np.float32("-inf"))[:, None], places, *(one[places] for one in flat))
        return Batch(*(torch.from_numpy(array) for array in arrays))
