"""How near kullback's fits, mixtures and projections come to the truth, beside named peers in the same process.

`figures` has the part: ``python -m bench fitting --quick --only likelihood``. A file for each figure: `likelihood`
(fits to samples) with its `cases`, `mixtures` (divergences of mixtures on the line), `reverse` (projections with
several optima) and `variational` (normal laws of least D(q‖p) in many dimensions).
"""
