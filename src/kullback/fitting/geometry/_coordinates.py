"""The real parameters of a law as coordinates: their names and their number."""

from typing import Any

from kullback.adapters import to_law
from kullback.families import Independent, Law, Mixture, Product, Transformed, domain_of

_WHOLE, _LIMITS = "a whole number", ("low", "high")


def coordinate_names(law: Law, /) -> tuple[str, ...]:
    """The coordinates of a law in the order of its record: "loc", "concentration[0]", "scale_tril[1,0]"."""
    if isinstance(law, Transformed):
        return coordinate_names(law.base)
    if isinstance(law, Product):
        return _of_parts(law.components)
    if isinstance(law, Mixture):
        weights = tuple(f"weights[{i}]" for i in range(len(law.components)))
        return (*weights, *_of_parts(law.components))
    if isinstance(law, Independent):
        base = to_law(law.base)
        shape = base.batch_shape[len(base.batch_shape) - law.dimensions :]
        return tuple(f"{name}[{place}]" for name in coordinate_names(base) for place in _places(shape))
    return tuple(
        f"{name}[{place}]" if place else name for name in free_parameters(law) for place in places_of(law, name)
    )


def free_parameters(law: Law, /) -> tuple[str, ...]:
    """The parameters that are real numbers and may move: no counts, and not the given limits of a truncated law."""
    cut = type(law).__name__ == "TruncatedNormal"
    return tuple(
        name
        for name in law.parameters()
        if not (domain_of(law, name).words.startswith(_WHOLE) or (cut and name in _LIMITS))
    )


def _of_parts(parts: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(f"components[{i}].{name}" for i, part in enumerate(parts) for name in coordinate_names(to_law(part)))


def is_triangular(name: str, /) -> bool:
    """Whether of a matrix parameter only the lower triangle is free."""
    return name.endswith("_tril") or name == "covariance_matrix"


def places_of(law: Law, name: str, /) -> list[str]:
    """The indices of the free entries of a parameter, as text; one empty text for a number."""
    value, dimensions = getattr(law, name), domain_of(law, name).ndim
    shape = tuple(value.shape[value.ndim - dimensions :])
    if is_triangular(name):
        return [f"{i},{j}" for i in range(shape[0]) for j in range(i + 1)]
    return _places(shape)


def _places(shape: tuple[int, ...]) -> list[str]:
    places = [""]
    for size in shape:
        places = [f"{place},{i}" if place else str(i) for place in places for i in range(size)]
    return places
