"""History as the null: today beside past windows.

`_past` names past windows and chooses among them, `_past_figures` and `_history` hold today against them,
`_beside_past` starts from what the user has, `_watch` and `_alerts` keep a folder of windows and its alerts.
"""
