"""How exact kullback and other libraries are, at the points of the oracle in ``tests/oracle/data``.

`points` reads them, `libraries` asks each library by the script `ask` and a `laws_…` file each, `goals` says what
kullback owes to each pair, `tally` counts and makes the tables. Other libraries may live in environments of their own,
where kullback is absent: `ask` and `laws_…` import nothing of it.
"""
