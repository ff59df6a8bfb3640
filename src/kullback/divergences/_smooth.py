"""Counts with zeros become shares without: by a policy with a name, and with a report of what that choice does to D."""

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, library, numbers, percent, printable, relative_gap

Floats: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = tuple[Hashable, ...]
Policy: TypeAlias = Callable[..., tuple[Floats, dict[str, Any]]]

_SHOWN = 12
# Gale and Sampson leave Turing's estimate where it is no longer this many standard errors from the fitted line.
_SIGNIFICANT = 1.96


@dataclass(frozen=True, eq=False)
class Smoothed:
    """Shares without zeros, and how they came about; usable wherever an array of probabilities is.

    Attributes:
        probs: Shares of the shape of the counts; every row adds up to 1.
        method: Name of the policy.
        options: The numbers it used, those that were estimated or left to their defaults included.
        labels: Labels of the outcomes in order, None where the counts had none.
        unseen_mass: What the empty cells of a row hold now, a number or one per row.
    """

    probs: Floats
    method: str
    options: dict[str, Any]
    labels: Labels | None
    unseen_mass: float | Floats

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 - NumPy's own
        """The shares, for NumPy and everything that asks as NumPy does."""
        return np.array(self.probs, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        """Policy and unseen mass in one line, below it the first shares of a single row."""
        used = ", ".join(f"{name}={_short(value)}" for name, value in self.options.items() if value is not None)
        head = f"{self.method} ({used})" if used else self.method
        if self.probs.ndim > 1:
            low, high = percent(float(np.min(self.unseen_mass))), percent(float(np.max(self.unseen_mass)))
            return f"{head}: shares of shape {self.probs.shape}, {low} to {high} of a row in cells that were empty"
        names = range(self.probs.size) if self.labels is None else self.labels
        rows = [f"  {printable(str(name), 40)}: {share:.4g}" for name, share in zip(names, self.probs, strict=True)]
        rest = [f"  … and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
        mass = percent(float(self.unseen_mass))
        return "\n".join([f"{head}: {mass} in cells that were empty", *rows[:_SHOWN], *rest])


def smooth(counts: Any, /, *, method: str, **options: Any) -> Smoothed:
    r"""Shares of outcomes from counts, with the zeros treated by the policy that you name.

    For a row of counts $n_i$ with total $N$ in $K$ cells, $T$ of them not empty, $N_r$ of them with a count of $r$:

    - `"additive"` (`alpha=1`): $(n_i + α) / (N + Kα)$; Laplace's rule at α = 1, Lidstone's at others.
    - `"jeffreys"` and `"krichevsky-trofimov"`: additive with α = ½. Jeffreys' prior for $K$ cells is Dirichlet(½, …, ½)
      and its posterior mean is the KT estimator: for every $K$ the same shares under both names.
    - `"perks"`: additive with α = 1/K, one pseudo-count in all.
    - `"good-turing"`: $N_1/N$ to the empty cells, in equal parts; the others share the rest by their simple Good-Turing
      counts. Needs whole counts, at least one of them 1.
    - `"jelinek-mercer"` (`weight`, `background` uniform): $(1-w)\, n_i/N + w\, b_i$; the weight is the background's.
    - `"witten-bell"` (`background=None`): $n_i / (N+T)$, and $T/(N+T)$ to the empty cells, in equal parts; with a
      background, $(n_i + T b_i) / (N+T)$ for all cells.
    - `"absolute-discounting"` (`discount=0.75`, `background=None`): $(n_i - d)/N$, and $Td/N$ to the empty cells, in
      equal parts, or to all by a background. `discount="estimated"` takes $N_1/(N_1 + 2N_2)$ of each row.

    What moves mass to empty cells only leaves a row that has none at $n_i/N$.

    Args:
        counts: Counts or weights of shape ``(*batch, cells)``, finite and not negative; or a dict or Series of them by
            label, or a DataFrame with one row of counts each: their labels are kept.
        method: Name of the policy.
        options: What is in parentheses above. A background is positive, of any total, of shape ``(cells,)`` or that of
            the counts; if both have labels, they are matched.

    Returns:
        The shares, as float64, and how they came about.

    Raises:
        InputError: The counts are no counts, the policy or an option is unknown, or the policy cannot be applied to
            these counts: only the additive ones know what to say about a row without any count.

    References:
        Perks (1947), Journal of the Institute of Actuaries 73; Krichevsky and Trofimov (1981), IEEE Transactions on
        Information Theory 27; Witten and Bell (1991), ibid. 37 (their method C); Gale and Sampson (1995), Journal of
        Quantitative Linguistics 2; Ney, Essen and Kneser (1994), Computer Speech and Language 8.

    Example:
        >>> print(smooth({"a": 3, "b": 1, "c": 0}, method="additive"))
        additive (alpha=1): 14 % in cells that were empty
          a: 0.5714
          b: 0.2857
          c: 0.1429
    """
    values, labels = _read(counts, "counts")
    policy = _POLICIES.get(str(method))
    if policy is None:
        raise InputError(f"method={method!r} is unknown. Known policies: {', '.join(_POLICIES)}. Name one of them.")
    known = list(signature(policy).parameters)[1:]
    unknown = [name for name in options if name not in known]
    if unknown:
        takes = f"takes {' and '.join(known)}" if known else "takes none"
        raise InputError(f"{', '.join(unknown)}: no option of method={method!r}, which {takes}. Leave it out.")
    if options.get("background") is not None:
        options["background"] = _background(options["background"], values, labels)
    probs, used = policy(values, **options)
    mass = (probs * (values == 0)).sum(axis=-1)
    return Smoothed(probs, method, used, labels, float(mass) if values.ndim == 1 else mass)


def _read(counts: Any, what: str) -> tuple[Floats, Labels | None]:
    """The numbers and their labels."""
    labels = tuple(counts.keys()) if hasattr(counts, "keys") else None
    values = _floats(list(counts.values()) if isinstance(counts, Mapping) else counts, what)
    if values.ndim == 0 or values.size == 0:
        raise InputError(f"{what} of shape {values.shape} came; at least one cell is needed. Give a row of numbers.")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        wrong = values[~(np.isfinite(values) & (values >= 0))][0]
        raise InputError(f"{what} hold {wrong}; numbers from 0 up are needed. Repair or leave out what is no count.")
    if isinstance(counts, Mapping) and values.ndim > 1:
        raise InputError(f"{what} hold rows by label; one number per label is needed. Give a DataFrame or an array.")
    if labels is not None and len(set(labels)) < len(labels):
        raise InputError(
            f"a label comes twice in {what}; each must come once. Add up the counts of equal labels first."
        )
    with np.errstate(over="ignore"):
        if not np.isfinite(values.sum(axis=-1)).all():
            raise InputError(f"{what} add up to more than a float64 holds. Divide them by a constant first.")
    return values, labels


def _floats(values: Any, what: str) -> Floats:
    try:
        array = numbers(values) if library(values) == "torch" else np.asarray(values)
        texts = array.dtype.kind == "O" and any(isinstance(value, str) for value in array.flat)
        if array.dtype.kind in "biufO" and not texts:
            return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    came = printable(repr(values), 60)
    raise InputError(f"{what} = {came} cannot be read as an array of numbers. Give numbers, in rows of equal length.")


def _background(given: Any, counts: Floats, labels: Labels | None) -> Floats:
    """Shares of a background, in the order of the counts."""
    values, names = _read(given, "background")
    if names is not None and labels is not None:
        if set(names) != set(labels):
            odd = printable(repr(next(iter(set(names) ^ set(labels)))), 40)
            raise InputError(f"label {odd} is in only one of counts and background. Give both the same labels.")
        values = values[..., [names.index(label) for label in labels]]
    if values.shape not in {counts.shape[-1:], counts.shape}:
        raise InputError(
            f"background has shape {values.shape}, counts {counts.shape}; one weight per cell is needed. "
            f"Give {counts.shape[-1]} weights."
        )
    if not (values > 0).all():
        raise InputError("background has a zero, which would stay one; positive weights are needed. Smooth it first.")
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def _positive(name: str, value: Any, below: float = math.inf) -> float:
    number = value if isinstance(value, int | float | np.integer | np.floating) else math.nan
    if not 0 < number < below:
        needed = "a positive number" if below == math.inf else f"a number between 0 and {below:g}, both excluded,"
        raise InputError(f"{name}={value!r} came; {needed} is needed. Give {name}={min(1.0, below / 10)}, for example.")
    return float(number)


def _totals(counts: Floats) -> Floats:
    totals: Floats = counts.sum(axis=-1, keepdims=True)
    if not (totals > 0).all():
        raise InputError("a row has no counts at all; this policy needs some. Use an additive one, such as 'jeffreys'.")
    return totals


def _whole(counts: Floats, what: str) -> Floats:
    odd = counts[counts != np.floor(counts)]
    if odd.size:
        raise InputError(
            f"{what} came with the weight {odd[0]:g}; it needs whole counts. Use 'witten-bell' for weights."
        )
    return counts


def _additive(counts: Floats, /, *, alpha: float = 1.0) -> tuple[Floats, dict[str, Any]]:
    alpha = _positive("alpha", alpha)
    shares = (counts + alpha) / (counts.sum(axis=-1, keepdims=True) + counts.shape[-1] * alpha)
    return shares, {"alpha": alpha}


def _half(counts: Floats, /) -> tuple[Floats, dict[str, Any]]:
    return _additive(counts, alpha=0.5)


def _perks(counts: Floats, /) -> tuple[Floats, dict[str, Any]]:
    return _additive(counts, alpha=1.0 / counts.shape[-1])


def _jelinek_mercer(
    counts: Floats, /, *, weight: float | None = None, background: Floats | None = None
) -> tuple[Floats, dict[str, Any]]:
    weight = _positive("weight", weight, below=1)
    other = 1.0 / counts.shape[-1] if background is None else background
    shares = (1.0 - weight) * (counts / _totals(counts)) + weight * other
    return shares, {"weight": weight, "background": "uniform" if background is None else background}


def _witten_bell(counts: Floats, /, *, background: Floats | None = None) -> tuple[Floats, dict[str, Any]]:
    types = (counts > 0).sum(axis=-1, keepdims=True)
    total = _totals(counts) + types
    return _shared_out(counts, counts / total, types / total, background), {"background": background}


def _absolute_discounting(
    counts: Floats, /, *, discount: float | str = 0.75, background: Floats | None = None
) -> tuple[Floats, dict[str, Any]]:
    totals, seen = _totals(counts), counts > 0
    taken = _estimated(counts) if str(discount) == "estimated" else np.asarray(_positive("discount", discount))
    if (seen & (counts <= taken)).any():
        least = counts[seen & (counts <= taken)].min()
        raise InputError(f"a discount of {taken.max():g} takes all of a count of {least:g}. Give a smaller discount.")
    kept = np.where(seen, counts - taken, 0.0) / totals
    freed = taken * seen.sum(axis=-1, keepdims=True) / totals
    used = taken.item() if taken.size == 1 else taken[..., 0]
    return _shared_out(counts, kept, freed, background), {"discount": used, "background": background}


def _estimated(counts: Floats) -> Floats:
    """The discount of each row by its counts of 1 and 2."""
    _whole(counts, "discount='estimated'")
    once, twice = ((counts == number).sum(axis=-1, keepdims=True) for number in (1, 2))
    if not (once * twice).all():
        raise InputError(
            "discount='estimated' needs a count of 1 and one of 2 in every row. Give a number such as 0.75."
        )
    return np.asarray(once / (once + 2 * twice))


def _good_turing(counts: Floats, /) -> tuple[Floats, dict[str, Any]]:
    totals = _totals(_whole(counts, "'good-turing'"))
    kept = np.zeros_like(counts)
    for place in np.ndindex(counts.shape[:-1]):
        if (counts[place] == 0).any():
            kept[place] = _good_turing_kept(counts[place])
    freed = (counts == 1).sum(axis=-1, keepdims=True) / totals
    return _shared_out(counts, kept, freed, None), {}


def _good_turing_kept(row: Floats) -> Floats:
    """Shares that the cells of one row keep."""
    r, which, n = np.unique(row[row > 0], return_inverse=True, return_counts=True)
    once = int((row == 1).sum())
    if not 0 < once < row.sum():
        raise InputError(
            f"{once} of {row.sum():.0f} observations are in cells with a count of 1; 'good-turing' takes the mass of "
            "the empty cells from there and needs some, but not all. Use 'witten-bell' or 'jeffreys'."
        )
    adjusted = _adjusted(r, n.astype(np.float64))
    kept = np.zeros_like(row)
    kept[row > 0] = (1.0 - once / row.sum()) * (adjusted / (n * adjusted).sum())[which]
    return kept


def _adjusted(r: Floats, n: Floats) -> Floats:
    """Simple Good-Turing counts: Turing's own while they differ from those of a line through log r, log Z."""
    below = np.concatenate([[0.0], r[:-1]])
    above = np.concatenate([r[1:], [2 * r[-1] - below[-1]]])
    x, y = np.log(r), np.log(2 * n / (above - below))
    x = x - x.mean()
    slope = float(x @ y / (x @ x))
    if slope >= -1:
        raise InputError(
            f"small counts are too few for 'good-turing': their number falls with the power {slope:.2g} of the count, "
            "and a steeper fall than -1 is needed. Use 'witten-bell' or 'jeffreys'."
        )
    adjusted: Floats = r * (1 + 1 / r) ** (slope + 1)
    for i in range(len(r) - 1):
        if r[i + 1] != r[i] + 1:
            break
        turing = (r[i] + 1) * n[i + 1] / n[i]
        error = (r[i] + 1) / n[i] * math.sqrt(n[i + 1] * (1 + n[i + 1] / n[i]))
        if abs(turing - adjusted[i]) <= _SIGNIFICANT * error:
            break
        adjusted[i] = turing
    return adjusted


def _shared_out(counts: Floats, kept: Floats, freed: Floats, background: Floats | None) -> Floats:
    """What is kept, and what was freed: by the background, or in equal parts to the empty cells if there are any."""
    if background is not None:
        return kept + freed * background
    empty = counts == 0
    room = empty.sum(axis=-1, keepdims=True)
    shares = np.where(empty, freed / np.maximum(room, 1), kept)
    return np.where(room > 0, shares, counts / counts.sum(axis=-1, keepdims=True))


_POLICIES: dict[str, Policy] = {
    "additive": _additive,
    "jeffreys": _half,
    "krichevsky-trofimov": _half,
    "perks": _perks,
    "good-turing": _good_turing,
    "jelinek-mercer": _jelinek_mercer,
    "witten-bell": _witten_bell,
    "absolute-discounting": _absolute_discounting,
}


class SensitivityRow(NamedTuple):
    """D(p‖q) under one way of treating zeros; `both` and `only_q` say what was smoothed, None where it cannot be."""

    policy: str
    both: float | None
    only_q: float | None
    recommended: bool
    note: str


@dataclass(frozen=True)
class SmoothingSensitivity:
    """How much D(p‖q) owes to the treatment of zeros.

    Attributes:
        rows: One per policy, then one per epsilon, which is not recommended.
        unsmoothed: D(p‖q) of the shares as they are; infinite where `q` lacks an outcome of `p`.
        missing_mass: What `p` holds where `q` has nothing.
        unit: Unit of the divergences.
    """

    rows: tuple[SensitivityRow, ...]
    unsmoothed: float
    missing_mass: float
    unit: str

    @property
    def min(self) -> float:
        """The smallest divergence under a policy, epsilons apart."""
        return min(self._figures())

    @property
    def max(self) -> float:
        """The largest divergence under a policy, epsilons apart."""
        return max(self._figures())

    def _figures(self) -> list[float]:
        return [x for row in self.rows if row.recommended for x in (row.both, row.only_q) if x is not None]

    def __str__(self) -> str:
        """The range in a sentence, a table, and why a policy is missing in it."""
        span = f"D(p‖q) = {self.min:.4g} to {self.max:.4g} {self.unit}, depending on how zeros are smoothed"
        named = [row for row in self.rows if row.recommended]
        return "\n".join(
            [
                f"{span}; {self.unsmoothed:.4g} without smoothing.",
                f"{f'D(p‖q) in {self.unit} under':<44}{'p, q smoothed':>14}{'only q':>12}",
                *map(_line, named),
                f"Not recommended: mostly log(1/epsilon) times p where q has nothing ({percent(self.missing_mass)})",
                *(_line(row) for row in self.rows if not row.recommended),
                *(f"– {row.policy}: {row.note}" for row in named if row.note),
            ]
        )


def smoothing_sensitivity(p_counts: Any, q_counts: Any, /, *, base: float | None = None) -> SmoothingSensitivity:
    """D(p‖q) under each policy of `smooth`: what of a figure comes from the data, what from the treatment of zeros.

    Args:
        p_counts: Counts of shape ``(cells,)``, or by label: a label that only one side has is a zero on the other.
        q_counts: Counts of the same cells.
        base: Base of the logarithm, nats if None.

    Returns:
        One row per policy, with both sides smoothed and with only `q`, and the same with an epsilon added to the shares
        of every cell (which are brought to a total of 1 again) as a caution.

    Raises:
        InputError: The counts are no counts, their cells do not match, or one side has none at all.

    Note:
        Krichevsky-Trofimov is left out, as it gives what Jeffreys gives.

    Example:
        >>> report = smoothing_sensitivity({"a": 12, "b": 5, "c": 3}, {"a": 15, "b": 5})
        >>> print(str(report).splitlines()[0])
        D(p‖q) = 0.02224 to 0.2376 nats, depending on how zeros are smoothed; inf without smoothing.
    """
    if base is not None and not 1 < base < math.inf:
        raise InputError(f"base={base!r} came; a number above 1 is needed. Give 2 for bits, or leave it out for nats.")
    scale = 1.0 if base is None else math.log(base)
    p, q = _matched(p_counts, q_counts)
    p_shares, q_shares = p / _totals(p), q / _totals(q)
    rows = []
    for name, method, options in _REPORTED:
        (p_smooth, p_note), (q_smooth, q_note) = _try(p, method, options), _try(q, method, options)
        both, only_q = _divergence(p_smooth, q_smooth, scale), _divergence(p_shares, q_smooth, scale)
        rows.append(SensitivityRow(name, both, only_q, recommended=True, note=q_note or p_note))
    for epsilon in _EPSILONS:
        p_added, q_added = ((x + epsilon) / (1.0 + x.size * epsilon) for x in (p_shares, q_shares))
        both, only_q = _divergence(p_added, q_added, scale), _divergence(p_shares, q_added, scale)
        rows.append(SensitivityRow(f"epsilon {epsilon:g}", both, only_q, recommended=False, note="not recommended"))
    unit = {None: "nats", math.e: "nats", 2: "bits"}.get(base, f"units of log base {base}")
    unsmoothed = math.fsum(relative_gap(p_shares, q_shares)) / scale
    return SmoothingSensitivity(tuple(rows), unsmoothed, float(p_shares[q_shares == 0].sum()), unit)


def _matched(p_counts: Any, q_counts: Any) -> tuple[Floats, Floats]:
    """Two rows of the same cells; labels that one side lacks are zeros there."""
    (p, p_labels), (q, q_labels) = _read(p_counts, "p_counts"), _read(q_counts, "q_counts")
    if p_labels is not None and q_labels is not None and p.ndim == q.ndim == 1:
        ours, theirs = dict(zip(p_labels, p, strict=True)), dict(zip(q_labels, q, strict=True))
        names = list(ours | theirs)
        p, q = (np.array([counts.get(name, 0.0) for name in names]) for counts in (ours, theirs))
    if p.ndim != 1 or p.shape != q.shape:
        raise InputError(
            f"p_counts have shape {p.shape}, q_counts {q.shape}; one row each of the same cells is needed. "
            "Give dicts by label if the outcomes differ."
        )
    return p, q


def _try(counts: Floats, method: str, options: dict[str, Any]) -> tuple[Floats | None, str]:
    try:
        return smooth(counts, method=method, **options).probs, ""
    except InputError as error:
        return None, str(error)


def _divergence(p: Floats | None, q: Floats | None, scale: float) -> float | None:
    return None if p is None or q is None else math.fsum(relative_gap(p, q)) / scale


def _line(row: SensitivityRow) -> str:
    both, only_q = ("–" if x is None else f"{x:.4g}" for x in (row.both, row.only_q))
    return f"  {row.policy:<42}{both:>14}{only_q:>12}"


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else value if isinstance(value, str) else "given"


_REPORTED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("add-1 (Laplace)", "additive", {}),
    ("add-1/2 (Jeffreys, Krichevsky-Trofimov)", "jeffreys", {}),
    ("add-1/K (Perks)", "perks", {}),
    ("good-turing", "good-turing", {}),
    ("jelinek-mercer, weight 0.1 on uniform", "jelinek-mercer", {"weight": 0.1}),
    ("witten-bell", "witten-bell", {}),
    ("absolute-discounting, 0.75", "absolute-discounting", {}),
)
_EPSILONS = (1e-12, 1e-8, 1e-3)
