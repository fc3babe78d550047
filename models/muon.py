"""Muon: momentum whose update of a matrix is made nearly orthogonal; learns from fewer tokens than AdamW here."""

from collections import defaultdict

import torch


def orthogonal(matrices, steps=5):
    """[count, rows, columns] -> the nearest semi-orthogonal matrices, roughly, by Newton-Schulz iteration."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.bfloat16() if matrices.is_cuda else matrices  # few processors are quicker in bfloat16
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    """For matrices only, those of a shape together. Steps are scaled to the size of AdamW's: both take the same rate."""

    def __init__(self, params, lr=1e-3, momentum=0.95, weight_decay=0.1):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = defaultdict(list)
            for parameter in group["params"]:
                if "momentum" not in self.state[parameter]:
                    self.state[parameter]["momentum"] = torch.zeros_like(parameter)
                shapes[parameter.shape].append(parameter)
            for shape, parameters in shapes.items():
                momenta = [self.state[parameter]["momentum"] for parameter in parameters]
                gradients = [parameter.grad for parameter in parameters]
                torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
                updates = orthogonal(torch.stack(torch._foreach_lerp(gradients, momenta, group["momentum"])))
                torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(parameters, list(updates.unbind()), alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)
