"""scipy.stats.entropy, which divides by the totals, for categories."""

import numpy as np
import scipy
from scipy import special, stats

VERSION = f"scipy {scipy.__version__}"


def law(family: str, parameters: dict) -> np.ndarray:
    """The probabilities."""
    if family != "Categorical":
        raise NotImplementedError
    return special.softmax(parameters["logits"]) if "logits" in parameters else np.asarray(parameters["probs"])


divergence = stats.entropy
