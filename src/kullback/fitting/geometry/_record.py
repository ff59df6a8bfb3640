"""The Fisher information of a law as a record."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kullback._core import Array, InputError, Shown, is_concrete, namespace, numbers
from kullback.families import Law
from kullback.fitting.geometry._solve import as_array, inverted

_SHOWN = 8


@dataclass(frozen=True, eq=False, repr=False)
class FisherInformation(Shown):
    """Fisher information of a law.

    Attributes:
        matrix: Matrices of shape ``(*batch, k, k)`` in nats per squared unit of the parameters, in the library and
            float type of the law.
        parameters: Names of the k coordinates, such as "loc", "concentration[0]" and "covariance_matrix[1,0]".
        law: The law that it is the information of.
        error: Bound of the error of every entry relative to the roots of its two diagonal entries; 0 where the
            matrix is a closed form, right to a few ulp.
    """

    matrix: Array
    parameters: tuple[str, ...]
    law: Law
    error: float = 0.0

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:  # noqa: FBT001 - NumPy's
        """The matrix as NumPy has it."""
        made = np.array(numbers(self.matrix), copy=True if copy else None)
        return made if dtype is None else made.astype(dtype)

    def __float__(self) -> float:
        """The information of a law with one parameter."""
        if np.prod(tuple(self.matrix.shape)) != 1:
            raise InputError(
                f"The information has shape {tuple(self.matrix.shape)} and is not one number. Use information['name']."
            )
        return float(self.matrix.reshape(()))

    def __getitem__(self, names: str | tuple[str, str]) -> Array:
        """An entry by the names of its coordinates, of shape ``(*batch,)``; one name means its diagonal entry."""
        row, column = (names, names) if isinstance(names, str) else names
        return self.matrix[..., self._place(row), self._place(column)]

    def _place(self, name: str) -> int:
        if name not in self.parameters:
            raise InputError(f"There is no coordinate {name!r}. There are {', '.join(self.parameters)}.")
        return self.parameters.index(name)

    def inverse(self) -> Array:
        """The inverse matrices, of shape ``(*batch, k, k)``.

        Returns:
            Matrices in squared units of the parameters per nat.

        Raises:
            InputError: Some direction has no information: along it the law does not change.

        Example:
            >>> import kullback as kl
            >>> from kullback.fitting.geometry import fisher_information
            >>> fisher_information(kl.families.Normal(0.0, 2.0)).inverse()
            array([[4., 0.],
                   [0., 2.]])
        """
        return inverted(self.matrix, self.parameters)

    def covariance(self, n: int = 1, /) -> Array:
        r"""The Cramér-Rao bound: no unbiased estimate from n draws has a smaller covariance.

        $$ \\operatorname{cov} \\hat θ \\succeq F(θ)^{-1} / n $$

        Args:
            n: Number of independent draws, positive.

        Returns:
            Matrices of shape ``(*batch, k, k)`` in squared units of the parameters; for large n also the covariance of
            the maximum likelihood estimate.

        Raises:
            InputError: `n` is not positive, or some direction has no information.

        References:
            Rao (1945), Bulletin of the Calcutta Mathematical Society 37; Cramér (1946), Mathematical Methods of
            Statistics, section 32.3.

        Example:
            >>> import kullback as kl
            >>> from kullback.fitting.geometry import fisher_information
            >>> float(fisher_information(kl.families.Poisson(4.0)).covariance(100)[0, 0])
            0.04
        """
        if not n > 0:
            raise InputError(f"n = {n!r}. A positive number of draws is needed.")
        return self.inverse() / n

    def under(self, jacobian: Any, /, parameters: tuple[str, ...] | None = None) -> "FisherInformation":
        r"""The information in other parameters η, from the derivatives of these by those.

        $$ F_η = J^T F_θ J, \\qquad J_{ij} = ∂θ_i / ∂η_j $$

        Args:
            jacobian: J of shape ``(*batch, k, m)``, row by row the coordinates of this record.
            parameters: Names of the m new coordinates; "η[0]", … unless given.

        Returns:
            The information with matrices of shape ``(*batch, m, m)``.

        Raises:
            InputError: The Jacobian has other than k rows, or the names are not m.

        Example:
            The rate b of a gamma law is 1/a for the scale a, and db/da = -b².

            >>> import kullback as kl
            >>> from kullback.fitting.geometry import fisher_information
            >>> scale = 2.5
            >>> law = kl.families.Gamma(1.5, 1 / scale)
            >>> by_rate = fisher_information(law, fixed="concentration")
            >>> round(float(by_rate.under([[-1 / scale**2]], parameters=("scale",))), 12)  # 3 / 2a²
            0.24
        """
        xp = namespace(self.matrix)
        moved = as_array("jacobian", jacobian, self.matrix)
        if moved.ndim < 2 or moved.shape[-2] != len(self.parameters):
            raise InputError(
                f"jacobian has shape {tuple(moved.shape)}. It needs {len(self.parameters)} rows, one for each of "
                f"{', '.join(self.parameters)}, and a column for each new parameter."
            )
        names = parameters or tuple(f"η[{i}]" for i in range(moved.shape[-1]))
        if len(names) != moved.shape[-1]:
            raise InputError(f"parameters has {len(names)} names, the jacobian {moved.shape[-1]} columns.")
        matrix = xp.matrix_transpose(moved) @ self.matrix @ moved
        return replace(self, matrix=matrix, parameters=tuple(names))

    def __str__(self) -> str:
        head = f"Fisher information of {self.law!r}, nats per squared unit"
        if self.error:
            head += f" (relative error below {self.error:.1g})"
        if not is_concrete(self.matrix) or self.matrix.ndim > 2 or len(self.parameters) > _SHOWN:
            return f"{head}: {tuple(self.matrix.shape)} for {', '.join(self.parameters)}"
        return "\n".join([head, *_table(numbers(self.matrix), self.parameters)])


def _table(values: np.ndarray[Any, Any], names: tuple[str, ...]) -> list[str]:
    cells = [
        ["", *names],
        *([name, *(f"{value + 0.0:.6g}" for value in row)] for name, row in zip(names, values, strict=True)),
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in cells
    ]
