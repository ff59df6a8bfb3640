"""From what the user has (a path, a frame, a stream) to a table that an engine counts: start at `_sources`."""
