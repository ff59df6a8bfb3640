"""What the classic names of sampled estimators do to the gradient, where they are put; resolved or refused."""

from kullback._core import InputError
from kullback.nn.policies._checks import check_word

GRADIENTS = ("reverse", "forward")
USES = ("loss", "reward")
CLASSIC = ("k1", "k2", "k3", "abs")
MEANING = {"reverse": "D(π‖ref)", "forward": "D(ref‖π)"}

# By name, use, and whether samples are weighed by π/old: the divergence whose gradient comes out, or why none does.
_RESOLVED = {
    ("k1", "reward", False): "reverse",
    ("k1", "loss", True): "reverse",
    ("k2", "loss", False): "reverse",
    ("k3", "loss", False): "forward",
    ("k3", "loss", True): "reverse",
}
_REFUSED = {
    ("k1", "loss", False): (
        "the expected gradient of the mean of log π/ref over samples of π is zero: it only adds noise. "
        "Use gradient='reverse', or put k1 in the reward"
    ),
    ("k2", "loss", True): (
        "the gradient of (π/old)·½(log π/ref)² counts every sample twice, as the ratio is differentiated too. "
        "Use gradient='reverse' with old_logp, which weighs the gradient and not the value"
    ),
    ("k2", "reward", False): (
        "½(log π/ref)² as a reward is an estimate of the divergence whose policy gradient belongs to none. "
        "Use gradient='reverse', which puts log π/ref in the reward"
    ),
    ("k3", "reward", False): (
        "ref/π − 1 + log π/ref as a reward gives the gradient of D(π‖ref) − D(ref‖π), almost nothing near the "
        "reference. Use gradient='reverse', which puts log π/ref in the reward"
    ),
}
_ABSOLUTE = (
    "|log π/ref| as a loss has the gradient of the total variation Σ|π − ref|, as a reward that of no divergence. "
    "Use gradient='reverse'"
)


def resolve_gradient(name: str, use: str, /, *, off_policy: bool) -> str:
    """The divergence, "reverse" or "forward", whose gradient a name gives where it is put.

    Raises:
        InputError: The name is not known, or the combination has the gradient of neither.
    """
    check_word("use", use, USES)
    check_word("gradient", name, (*GRADIENTS, *CLASSIC))
    if off_policy and use == "reward":
        raise InputError(
            "old_logp came with use='reward'. The policy gradient weighs rewards by π/old already, a second time "
            "would count double. Leave old_logp out, and give logp of the policy that is being trained."
        )
    if name in GRADIENTS:
        return name
    found = _RESOLVED.get((name, use, off_policy))
    if found is None:
        reason = _REFUSED.get((name, use, off_policy), _ABSOLUTE)
        weighed = " weighed by π/old" if off_policy else ""
        raise InputError(f"gradient={name!r} with use={use!r}{weighed}: {reason}.")
    return found
