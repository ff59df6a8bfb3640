"""d′ of an observer from counted hits and false alarms."""

import numpy as np
from scipy import special

from kullback._core import InputError
from kullback.decisions.hypotheses._inputs import check_rows
from kullback.estimators import Estimate
from kullback.estimators._estimate import normal_interval
from kullback.estimators._options import check_confidence


def estimate_separation(
    hits: int, signals: int, false_alarms: int, noises: int, /, *, confidence: float = 0.95
) -> Estimate:
    r"""d′ of an observer from hits and false alarms, by the log-linear correction.

    $$ d' = Φ^{-1}\!\left(\frac{h + \frac12}{n_s + 1}\right) - Φ^{-1}\!\left(\frac{f + \frac12}{n_n + 1}\right) $$

    Args:
        hits: Trials with a signal on which it was reported.
        signals: Trials with a signal.
        false_alarms: Trials without one on which it was reported.
        noises: Trials without one.
        confidence: Level of the interval.

    Returns:
        d′ with standard error and interval; `d′**2 / 2` is the divergence of the two laws in nats, if they are normal
        with one scale.

    Raises:
        InputError: A count is none, or larger than its trials.

    Note:
        The correction is made always, not only at 0 % and 100 %, where d′ would be infinite: it has the smaller bias.
        The interval is that of the normal law with the variance of Gourevitch and Galanter.

    References:
        Hautus (1995), Behavior Research Methods 27, for the correction; Gourevitch and Galanter (1967), Psychometrika
        32, for the variance.

    Example:
        >>> from kullback.decisions.hypotheses import estimate_separation
        >>> found = estimate_separation(42, 50, 11, 50)
        >>> round(found.value, 3), round(found.stderr, 3)
        (1.721, 0.289)
    """
    level = check_confidence(confidence)
    shares: list[float] = []
    sizes: list[int] = []
    for name, count, total in (("hits", hits, signals), ("false_alarms", false_alarms, noises)):
        seen, trials = check_rows(count, name, least=0), check_rows(total, "trials")
        if seen > trials:
            raise InputError(f"{name} = {seen} of {trials} trials. At most as many as there are trials are needed.")
        shares.append((seen + 0.5) / (trials + 1))
        sizes.append(trials)
    quantiles = special.ndtri(np.array(shares))
    density = np.exp(-0.5 * quantiles**2) / np.sqrt(2 * np.pi)
    share = np.array(shares)
    stderr = float(np.sqrt((share * (1 - share) / (np.array(sizes) * density**2)).sum()))
    value = float(quantiles[0] - quantiles[1])
    empty = [hits in {0, signals}, false_alarms in {0, noises}]
    notes = ("a share of 0 or 1 was seen: the correction decides the figure.",) if any(empty) else ()
    return Estimate(
        value,
        stderr,
        normal_interval(value, stderr, level),
        level,
        "log-linear",
        sizes[0],
        sizes[1],
        reliable=not any(empty),
        notes=notes,
        quantity="d′",
        unit="standard deviations of the noise",
    )
