"""A policy learns to walk along a ledge: steps inside an exact trust region, against plain gradient steps.

Each update of the policy is measured by the exact divergence from the old policy to the new one, in the states that
were visited. Then policies are evaluated from another policy's walks, and the divergence says how far that can be
trusted. All values are exact: the world has 36 places.

    python examples/training/trust_region.py [--quick] [--output trust_region.png]
"""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import matplotlib as mpl
import numpy as np
import torch
from torch import Tensor

from kullback import nn

mpl.use("Agg")
from matplotlib import pyplot as plt

SIZE, STEPS, DISCOUNT, WIND, LIMIT = 6, 50, 0.97, 0.1, 0.02
Curves: TypeAlias = dict[str, list[tuple[list[float], list[float]]]]  # by method: of each seed, returns and moves
METHODS = {
    "trust region": ("#0072b2", None),
    "gradient, step 0.3": ("#009e73", 0.3),
    "gradient, step 3": ("#e69f00", 3.0),
    "gradient, step 30": ("#d55e00", 30.0),
}


class Ledge:
    """Six by six places; start and goal lie at the two ends of an abyss, and wind blows towards it."""

    def __init__(self) -> None:
        places = SIZE * SIZE
        self.moves = torch.zeros(places + 1, 4, places + 1, dtype=torch.float64)  # the last place is the end
        self.gains = torch.zeros(places + 1, dtype=torch.float64)  # by the place one comes to
        goal = SIZE - 1
        over = set(range(1, SIZE - 1))
        self.gains[goal] = 1.0
        self.gains[list(over)] = -0.5
        for place in range(places):
            for action in range(4):
                if place == goal or place in over:
                    self.moves[place, action, places] = 1.0
                else:
                    self.moves[place, action, self._next(place, action)] += 1.0 - WIND
                    self.moves[place, action, self._next(place, 2)] += WIND
        self.moves[places, :, places] = 1.0
        grid = torch.arange(places)
        self.features = torch.stack([grid % SIZE, grid // SIZE], -1).double() / (SIZE - 1) * 2 - 1

    @staticmethod
    def _next(place: int, action: int) -> int:
        across, up = place % SIZE, place // SIZE
        across = min(max(across + (0, 1, 0, -1)[action], 0), SIZE - 1)
        up = min(max(up + (1, 0, -1, 0)[action], 0), SIZE - 1)
        return across + SIZE * up

    def values(self, policy: Tensor) -> Tensor:
        """Exact value of each place at each time under a table of probabilities, shape (STEPS + 1, places + 1)."""
        policy = torch.cat([policy, torch.full((1, 4), 0.25, dtype=torch.float64)])
        step = torch.einsum("sa,san->sn", policy, self.moves)
        found = [torch.zeros(len(step), dtype=torch.float64)]
        for _ in range(STEPS):
            found.append(step @ (self.gains + DISCOUNT * found[-1]))
        return torch.stack(found[::-1])

    def divergence(self, policy: Tensor, other: Tensor) -> float:
        """Exact D(policy‖other) of whole walks, nats: by the chain rule the sum over the places that are visited."""
        local = torch.cat([nn.categorical_policy_kl(policy.log(), other.log()), torch.zeros(1, dtype=torch.float64)])
        step = torch.einsum("sa,san->sn", torch.cat([policy, policy[:1]]), self.moves)
        total = torch.zeros_like(local)
        for _ in range(STEPS):
            total = local + step @ total
        return float(total[0])


@dataclass
class Walks:
    """Sampled walks: places, actions, gains and whether the walk still went on, each of shape (walks, STEPS)."""

    places: Tensor
    actions: Tensor
    gains: Tensor
    going: Tensor

    def returns(self) -> Tensor:
        """Discounted gains from each step on."""
        found = torch.zeros_like(self.gains)
        total = torch.zeros(len(self.gains), dtype=torch.float64)
        for step in reversed(range(STEPS)):
            total = self.gains[:, step] + DISCOUNT * total
            found[:, step] = total
        return found


def walk(world: Ledge, policy: Tensor, count: int, chance: torch.Generator) -> Walks:
    """Walks of a policy, given as a table of probabilities, from the start."""
    end = SIZE * SIZE
    policy = torch.cat([policy, torch.full((1, 4), 0.25, dtype=torch.float64)])
    here = torch.zeros(count, dtype=torch.int64)
    rows: list[tuple[Tensor, ...]] = []
    for _ in range(STEPS):
        action = torch.multinomial(policy[here], 1, generator=chance)[:, 0]
        there = torch.multinomial(world.moves[here, action], 1, generator=chance)[:, 0]
        rows.append((here, action, world.gains[there], here < end))
        here = there
    return Walks(*(torch.stack(column, -1) for column in zip(*rows, strict=True)))


def learn(world: Ledge, step: float | None, seed: int, updates: int) -> tuple[list[float], list[float], Tensor]:
    """Exact return before each update and exact mean D(old‖new) of each; step None means the trust region."""
    torch.manual_seed(seed)
    chance = torch.Generator().manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(2, 32), torch.nn.Tanh(), torch.nn.Linear(32, 4)).double()
    returns, moved = [], []
    for _ in range(updates):
        with torch.no_grad():
            table = net(world.features).softmax(-1)
        exact = world.values(table)
        returns.append(float(exact[0, 0]))
        seen = walk(world, table, 40, chance)
        kept = seen.going
        times = torch.arange(STEPS).expand_as(kept)
        advantage = (seen.returns() - exact[times, seen.places])[kept]
        places, actions = seen.places[kept], seen.actions[kept]
        old = table[places, actions].log()

        def policy(places: Tensor = places) -> Tensor:
            return net(world.features[places])

        def surrogate(
            places: Tensor = places, actions: Tensor = actions, old: Tensor = old, gain: Tensor = advantage
        ) -> Tensor:
            chosen = net(world.features[places]).log_softmax(-1).gather(-1, actions[:, None])[:, 0]
            return ((chosen - old).exp() * gain).mean()

        if step is None:
            moved.append(nn.trust_region_step(net, surrogate, policy, delta=LIMIT, damping=1e-2).divergence)
        else:
            slopes = torch.autograd.grad(surrogate(), list(net.parameters()))
            with torch.no_grad():
                for weight, slope in zip(net.parameters(), slopes, strict=True):
                    weight.add_(slope, alpha=step)
                new = net(world.features).log_softmax(-1)
            moved.append(float(nn.categorical_policy_kl(table.log(), new)[places].mean()))
    with torch.no_grad():
        return returns, moved, net(world.features).softmax(-1)


@dataclass
class Evaluation:
    """Values of one policy from the walks of another, and the truth."""

    divergence: float
    truth: float
    self_normalized: list[float]
    per_decision: list[float]
    effective: float


def evaluate(world: Ledge, target: Tensor, behavior: Tensor, sets: int, walks: int) -> Evaluation:
    """Weigh the walks of `behavior` as if `target` had made them, `sets` times over."""
    log_ratio = torch.cat([(target.log() - behavior.log()), torch.zeros(1, 4, dtype=torch.float64)])
    powers = DISCOUNT ** torch.arange(STEPS, dtype=torch.float64)
    chance = torch.Generator().manual_seed(7)
    normalized, decisions, worth = [], [], []
    for _ in range(sets):
        seen = walk(world, behavior, walks, chance)
        steps = torch.where(seen.going, log_ratio[seen.places, seen.actions], 0.0)
        weights = steps.sum(-1).exp()
        gains = (powers * seen.gains).sum(-1)
        normalized.append(float((weights * gains).sum() / weights.sum()))
        decisions.append(float((steps.cumsum(-1).exp() * powers * seen.gains).sum(-1).mean()))
        worth.append(float(weights.sum() ** 2 / weights.square().sum()) / walks)
    return Evaluation(
        world.divergence(target, behavior),
        float(world.values(target)[0, 0]),
        normalized,
        decisions,
        float(np.mean(worth)),
    )


def between(behavior: Tensor, better: Tensor, ways: Tensor) -> list[Tensor]:
    """Policies on the way from one to another, and beyond where a way is longer than 1."""
    return [((1 - way) * behavior.log() + way * better.log()).softmax(-1) for way in ways]


def draw(curves: Curves, found: list[Evaluation], path: Path) -> None:
    figure, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for name, (color, _) in METHODS.items():
        returns, moved = (np.array([run[place] for run in curves[name]]) for place in (0, 1))
        updates = np.arange(returns.shape[1])
        axes[0, 0].plot(updates, returns.mean(0), color=color, label=name)
        axes[0, 0].fill_between(updates, returns.min(0), returns.max(0), color=color, alpha=0.15, linewidth=0)
        for run in moved:
            axes[0, 1].semilogy(updates, np.maximum(run, 1e-8), ".", color=color, markersize=3)
    axes[0, 0].set(title="what the policy is worth (exact; mean and range of seeds)", xlabel="update", ylabel="return")
    axes[0, 0].set_ylim(-0.5, 1.05)
    axes[0, 0].legend(fontsize=8, loc="upper left", ncol=2)
    axes[0, 1].axhline(LIMIT, color="0.3", linewidth=0.8, linestyle="--")
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    axes[0, 1].text(0, LIMIT * 1.6, f"limit {LIMIT} nats", fontsize=8, color="0.3", bbox=box)
    axes[0, 1].set(title="how far each update moved it (exact)", xlabel="update", ylabel="mean D(old‖new), nats")
    draw_evaluation(axes[1], found)
    figure.savefig(path, dpi=80)


def draw_evaluation(axes: np.ndarray, found: list[Evaluation]) -> None:
    apart = [one.divergence for one in found]
    axes[0].plot(apart, [one.truth for one in found], color="0.2", label="truth (exact)")
    for name, color in (("self_normalized", "#0072b2"), ("per_decision", "#d55e00")):
        values = np.array([getattr(one, name) for one in found])
        low, high = np.quantile(values, [0.05, 0.95], axis=1)
        axes[0].plot(apart, np.median(values, 1), color=color, marker="o", markersize=3, label=name.replace("_", "-"))
        axes[0].fill_between(apart, low, high, color=color, alpha=0.15, linewidth=0)
    axes[0].set(
        title="value from another policy's walks (median, 90 % of sets)",
        xlabel="D(target‖behavior) of a walk, nats",
        ylabel="return",
    )
    axes[0].legend(fontsize=8)
    axes[1].semilogy(
        apart, [one.effective for one in found], color="#0072b2", marker="o", markersize=3, label="measured"
    )
    axes[1].semilogy(apart, [math.exp(-one) for one in apart], color="0.3", linestyle="--", label="exp(−D)")
    axes[1].set(
        title="what is left of the walks",
        xlabel="D(target‖behavior) of a walk, nats",
        ylabel="effective walks / walks",
    )
    axes[1].legend(fontsize=8)


def report(curves: Curves, found: list[Evaluation]) -> None:
    print(f"{'method':22s} {'last return':>12s} {'worst seed':>11s} {'largest D(old‖new)':>20s} {'above limit':>12s}")
    for name, runs in curves.items():
        last = [run[0][-1] for run in runs]
        moved = np.array([run[1] for run in runs])
        share = float((moved > LIMIT).mean())
        print(f"{name:22s} {np.mean(last):12.3f} {min(last):11.3f} {moved.max():15.3g} nats {share:12.0%}")
    print(
        f"\n{'D(target‖behavior)':>20s} {'truth':>8s} {'self-normalized':>16s} {'per-decision':>13s} {'effective':>10s}"
    )
    for one in found:
        errors = [np.sqrt(np.mean((np.array(v) - one.truth) ** 2)) for v in (one.self_normalized, one.per_decision)]
        print(
            f"{one.divergence:15.3f} nats {one.truth:8.3f} {errors[0]:10.3f} rmse {errors[1]:8.3f} rmse "
            f"{one.effective:10.1%}"
        )


def main(arguments: Sequence[str] | None = None) -> tuple[Curves, list[Evaluation]]:
    parser = argparse.ArgumentParser(description="A trust region against plain gradient steps.")
    parser.add_argument("--quick", action="store_true", help="one seed, few updates")
    parser.add_argument("--output", type=Path, default=Path("trust_region.png"), help="picture to write")
    options = parser.parse_args(arguments)
    world = Ledge()
    seeds, updates = (1, 8) if options.quick else (5, 40)
    curves: Curves = {}
    tables = []
    for name, (_, step) in METHODS.items():
        runs = [learn(world, step, seed, updates) for seed in range(seeds)]
        curves[name] = [(returns, moved) for returns, moved, _ in runs]
        tables.append(runs[0][2])
    behavior = 0.5 * tables[0] + 0.5 * 0.25  # every second step at random
    ways = 1.2 * torch.linspace(0.0, 1.0, 4 if options.quick else 9) ** 2
    sets = 20 if options.quick else 60
    found = [evaluate(world, one, behavior, sets, 200) for one in between(behavior, tables[0], ways)]
    report(curves, found)
    draw(curves, found, options.output)
    return curves, found


if __name__ == "__main__":
    main()
