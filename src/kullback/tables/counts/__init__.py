"""From tables to the counts of their columns, and from these to cells.

Where is what: `_alignment` pairs columns, `_reading` says how values are taken; `_counting` counts, ordered values as
`_leaves`, texts as `_categories`, distinct ones as `_keys`, all three in `_columns`; `_units` counts by unit; `_cells`
makes the cells of figures, `_coding` few of them for several columns at once.
"""
