"""From counts to what is said of a column: start at `_statistics`, which judges by `_evidence`."""
