"""A comparison as a page for a person: one file of HTML that needs nothing else, and a frame of it for notebooks.

It is made from the comparison as plain data, so it shows nothing that the JSON does not hold. Where is what: `_page` is
the whole, `_summary` its top, `_list` a line for each column, `_explanations` its end. Below a column opens what
`_details` puts together: the drawing of `_picture` (of what `_shape` chooses, over the marks of `_axes`), the cells of
`_bars`, the tables of `_counts`, the figures of `_facts`. `_figures` writes numbers, `_words` says everything in the
reader's language and escapes it, `_chinese` is the one beside English. `page.css` and `page.js` are style and script.
"""

from kullback.tables.page._page import render_frame, render_page

__all__ = ["render_frame", "render_page"]
