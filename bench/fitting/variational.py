"""The table of normal laws of least D(q‖p) in many dimensions, beside torch's Adam in as much and in more time."""

import math
import time
from collections.abc import Callable
from itertools import count

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor

from bench.figures import grid, timed
from kullback.fitting import variational_fit

LogProb = Callable[[Tensor], Tensor]
RATES, DRAWS, JUDGES = (0.01, 0.03), 16, 8192
LONG = 10
HEADS = ("target", "way", "steps", "CPU s", "ELBO, nats", "below the best, nats")
NOTE = (
    f"Full covariance. The ELBO is taken on the same {JUDGES:,} standard normal draws and their opposites for all. "
    f"Adam: reparametrized gradients from {DRAWS} draws a step, mean and Cholesky factor, from N(0, e⁻² I); each of "
    f"the rates {' and '.join(map(str, RATES))} falls to 0 over the time given, and the better is shown."
)


def variational(*, quick: bool = False) -> str:
    """The table."""
    rows = []
    for name, log_prob, d in targets(quick=quick):
        found = race(log_prob, d, 2 if quick else LONG)
        best = max(value for *_, value in found)
        rows += [
            [name, way, steps, f"{spent:.1f}", f"{round(v, 4) + 0.0:.4f}", f"{best - v:.2g}"]
            for way, steps, spent, v in found
        ]
    return f"{NOTE}\n\n{grid(HEADS, rows)}"


def targets(*, quick: bool) -> list[tuple[str, LogProb, int]]:
    """Name, log density and dimension."""
    d = 12 if quick else 50
    x, y = load_breast_cancer(return_X_y=True)
    rows = slice(None, None, 6 if quick else 1)
    sides = torch.tensor((x - x.mean(0)) / x.std(0))[rows], torch.tensor(2.0 * y - 1.0)[rows]
    return [
        (f"normal law, d = {d}, neighbors correlated .9", correlated(d), d),
        (f"logistic regression, d = {x.shape[1]}, {len(sides[0])} biopsies", logistic(*sides), x.shape[1]),
    ]


def correlated(d: int) -> LogProb:
    """Covariance .9^|i - j|, means 1; normalized, so the best ELBO is 0."""
    places = torch.arange(d, dtype=torch.float64)
    covariance = 0.9 ** (places[:, None] - places).abs()
    law = torch.distributions.MultivariateNormal(torch.ones(d, dtype=torch.float64), covariance)
    return law.log_prob


def logistic(x: Tensor, y: Tensor) -> LogProb:
    """Coefficients of a logistic regression with standard normal priors."""

    def log_prob(b: Tensor) -> Tensor:
        prior = -0.5 * (b**2).sum(1) - 0.5 * b.shape[1] * math.log(2 * math.pi)
        return torch.nn.functional.logsigmoid(b @ x.T * y).sum(1) + prior

    return log_prob


def race(log_prob: LogProb, d: int, longer: int) -> list[tuple[str, object, float, float]]:
    """Way, steps, CPU seconds and ELBO of ours and of Adam in the same time and in so many times it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        fit, spent = timed(lambda: variational_fit(log_prob, dimension=d))
        mean, factor = (torch.as_tensor(side, dtype=torch.float64) for side in (fit.law.loc, fit.law.scale_tril))
        found: list[tuple[str, object, float, float]] = [
            ("`fitting.variational_fit`", len(fit.optima[0].trace), spent, elbo(log_prob, mean, factor))
        ]
        for times in (1, longer):
            runs = [(*adam(log_prob, d, rate, times * spent), rate) for rate in RATES]
            scores = [(elbo(log_prob, mean, factor), steps, rate) for mean, factor, steps, rate in runs]
            score, steps, rate = max(scores)
            found.append((f"Adam, rate {rate:g}, {times} x the time", f"{steps:,}", times * spent, score))
    finally:
        torch.set_num_threads(threads)
    return found


@torch.no_grad()
def elbo(log_prob: LogProb, mean: Tensor, factor: Tensor) -> float:
    """On fixed draws."""
    d = len(mean)
    z = torch.randn(JUDGES, d, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    z = torch.cat([z, -z])
    log_q = -0.5 * (z**2).sum(1) - 0.5 * d * math.log(2 * math.pi) - factor.diagonal().log().sum()
    return float((log_prob(mean + z @ factor.T) - log_q).mean())


def adam(log_prob: LogProb, d: int, rate: float, seconds: float) -> tuple[Tensor, Tensor, int]:
    """Mean, Cholesky factor and steps after so many CPU seconds, the rate falling to 0 in a straight line."""
    draw = torch.Generator().manual_seed(0)
    mean, below = torch.zeros(d, dtype=torch.float64), torch.zeros(d, d, dtype=torch.float64)
    logs = torch.full((d,), -1.0, dtype=torch.float64)
    for one in (mean, logs, below):
        one.requires_grad_()
    mover = torch.optim.Adam([mean, logs, below], lr=rate)
    began = time.process_time()
    for step in count():
        left = 1 - (time.process_time() - began) / seconds
        factor = below.tril(-1) + torch.diag(logs.exp())
        if left <= 0:
            return mean.detach(), factor.detach(), step
        mover.param_groups[0]["lr"] = rate * left
        z = torch.randn(DRAWS, d, dtype=torch.float64, generator=draw)
        loss = -log_prob(mean + z @ factor.T).mean() - logs.sum()
        mover.zero_grad()
        loss.backward()
        mover.step()
    raise AssertionError
