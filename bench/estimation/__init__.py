"""How near estimates from samples come to the truth, how often their intervals hold it, and what they cost.

`problems` has laws whose divergence is known, `contenders` asks each library for its estimate (others by the script
`bench/peers/estimators.py`, in environments of their own), `accuracy`, `speed` and `coverage` make the tables, and
`options` reads what may follow their names: ``python -m bench estimation --only kullback --repeats 5``.
"""
