"""The guide as a function: what is wanted, to what to call and why."""

from dataclasses import dataclass

from kullback._core import InputError, Shown


@dataclass(frozen=True, eq=False, repr=False)
class Advice(Shown):
    """Which divergence fits a purpose; prints as a short text.

    Attributes:
        purpose: What it is for.
        name: Name of the divergence.
        formula: Its formula, p what happens and q what was expected.
        call: How it is computed here.
        why: Why it fits.
        beware: What to watch out for.
    """

    purpose: str
    name: str
    formula: str
    call: str
    why: str
    beware: str

    def __str__(self) -> str:
        return f"{self.name}: {self.formula}\n  {self.call}\n  why: {self.why}\n  beware: {self.beware}"


_FORWARD, _REVERSE = "D(p‖q) = E_p log p/q", "D(q‖p) = E_q log q/p"
_JS = "½ D(p‖m) + ½ D(q‖m), m = ½ (p + q)"


def _row(purpose: str, name: str, formula: str, call: str, why: str, beware: str) -> tuple[str, Advice]:
    return purpose, Advice(purpose, name, formula, call, why, beware)


_GUIDE = dict(
    [
        _row(
            *("compare tables", "Kullback-Leibler, D(current‖reference)", _FORWARD),
            "kl.compare(reference, current)",
            "bits per row that the old distribution wastes on the new data, with an interval and a calibrated verdict",
            "infinite for values that are new; the page shows them and a finite figure under a named policy",
        ),
        _row(
            *("fit a model", "forward Kullback-Leibler", "D(data‖model)"),
            "kl.fit(data, family); kl.project(target, family, direction='forward')",
            "minimizing it is maximum likelihood, and for exponential families matching moments",
            "it covers: a model that is too simple spreads over everything the data do",
        ),
        _row(
            *("approximate a posterior", "reverse Kullback-Leibler", _REVERSE),
            "kl.project(target, family, direction='reverse')",
            "needs only draws of q and p up to a constant; log evidence − D(q‖p) is the ELBO",
            "several optima; it tends to one mode where modes are far apart, and k-hat cannot see one that is missed",
        ),
        _row(
            *("code", "Kullback-Leibler", _FORWARD),
            "decisions.coding_cost(p, q)",
            "the extra bits per symbol of a code built for q, to the bit",
            "infinite where q gives no code word: smooth q by a named policy",
        ),
        _row(
            *("test", "Kullback-Leibler of the counts", "G = 2 n D(observed‖expected)"),
            "decisions.two_sample_test(x, y)",
            "twice the log likelihood ratio: the most powerful direction in the large",
            "rows that depend on each other need unit=",
        ),
        _row(
            *("error exponent", "Stein, Chernoff", "D(p‖q); max over s of -log ∫ p^s q^(1-s)"),
            "decisions.stein_exponent(p, q); decisions.chernoff_information(p, q)",
            "how fast the error of the best test falls: Stein with one error held fixed, Chernoff for both together",
            "which hypothesis comes first matters for Stein",
        ),
        _row(
            *("symmetric", "Jeffreys", "D(p‖q) + D(q‖p)"),
            "kl.jeffreys(p, q)",
            "no side is preferred; for nearby laws it is the squared Fisher-Rao distance",
            "infinite as soon as one direction is, and no metric",
        ),
        _row(
            *("bounded", "Jensen-Shannon", _JS),
            "kl.jensen_shannon(p, q)",
            "finite for any two laws, at most log 2, zero only where they agree",
            "it saturates: laws that share nothing are all alike far apart",
        ),
        _row(
            *("metric", "root of Jensen-Shannon, or Fisher-Rao", f"√({_JS})"),
            "kl.jensen_shannon(p, q) ** 0.5; fitting.fisher_rao_distance(p, q)",
            "fulfils the triangle inequality, which no Kullback-Leibler divergence does",
            "no bits per row any more: it is for clustering and search, not for costs",
        ),
        _row(
            *("several laws", "generalized Jensen-Shannon", "Σ w_i D(p_i‖m), m = Σ w_i p_i"),
            "kl.mutual_information(joint); decisions.compare_compositions(counts, group=...)",
            "the information between the outcome and which law it came from",
            "depends on the weights of the laws",
        ),
        _row(
            *("tails", "Rényi", "log(∫ p^α q^(1-α)) / (α - 1)"),
            "kl.renyi(p, q, alpha)",
            "α above 1 weighs where p is large and q small (privacy, importance sampling), below 1 forgives it",
            "infinite for large α where Kullback-Leibler is not",
        ),
        _row(
            *("samples", "estimated Kullback-Leibler", _FORWARD),
            "kl.estimate(x, y)",
            "picks a method by what the samples look like, with an interval and a word on whether to trust it",
            "beyond log n nats no sample of n rows can certify a divergence",
        ),
        _row(
            *("disjoint supports", "Jensen-Shannon, or a distance between values", _JS),
            "kl.jensen_shannon(p, q); scipy.stats.wasserstein_distance(x, y)",
            "Kullback-Leibler is infinite there and says no more; a distance says how far the values moved",
            "a Wasserstein distance has the unit of the values and changes when they are rescaled",
        ),
        _row(
            *("distill", "forward Kullback-Leibler with a temperature", "T² D(teacher‖student)"),
            "nn.kl_loss(student, teacher, temperature=T)",
            "the student learns all of the teacher's probabilities",
            "reverse or Jensen-Shannon where a small student should not smear over what it cannot say",
        ),
        _row(
            *("regularize a policy", "reverse or forward by its gradient", "D(policy‖reference)"),
            "nn.sampled_penalty(...); nn.trust_region_step(...)",
            "keeps a policy near one that is known",
            "estimators differ in gradient even where they agree in value: they are named by the gradient",
        ),
    ]
)


def which_divergence(purpose: str, /) -> Advice:
    """Say which divergence fits a purpose, how to compute it here, and what to beware of.

    Args:
        purpose: One of "compare tables", "fit a model", "approximate a posterior", "code", "test", "error exponent",
            "symmetric", "bounded", "metric", "several laws", "tails", "samples", "disjoint supports", "distill",
            "regularize a policy".

    Returns:
        The advice.

    Raises:
        InputError: The purpose is not known; the message lists those that are.

    Example:
        >>> from kullback.decisions.choice import which_divergence
        >>> print(which_divergence("bounded"))
        Jensen-Shannon: ½ D(p‖m) + ½ D(q‖m), m = ½ (p + q)
          kl.jensen_shannon(p, q)
          why: finite for any two laws, at most log 2, zero only where they agree
          beware: it saturates: laws that share nothing are all alike far apart
    """
    found = _GUIDE.get(str(purpose).strip().lower())
    if found is None:
        raise InputError(f"purpose = {purpose!r} is not known. Choose from: {', '.join(_GUIDE)}.")
    return found
