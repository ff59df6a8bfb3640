"""How many rows of logits are held at a time."""

# Under so many rows a matrix product waits for memory; over so many nothing is won.
_LEAST, _MOST = 128, 1024
_CPU_BYTES, _GPU_BYTES = 2**27, 2**30


def plan_chunk(rows: int, vocabulary: int, /, *, itemsize: int = 4, buffers: int = 2, on_cpu: bool = True) -> int:
    """The number of rows whose logits are held at a time.

    Each chunk reads the unembedding again and adds to its gradient, which costs as much as `2 · width` products of a
    row do; each row of it holds `buffers` rows of logits. On a CPU a sixteenth of all rows, in bounds of the products'
    speed and of 128 MB; on a GPU as many as fit into a gigabyte, whatever the number of rows.

    Args:
        rows: Rows in all.
        vocabulary: Outcomes.
        itemsize: Bytes of a number in which logits are held.
        buffers: Arrays of (chunk, vocabulary) that are held.
        on_cpu: Where.

    Returns:
        From 1 to `rows`.
    """
    if rows == 0:
        return 1
    fitting = (_CPU_BYTES if on_cpu else _GPU_BYTES) // (buffers * itemsize * vocabulary)
    wanted = rows // 16 if on_cpu else _MOST
    return max(1, min(rows, max(_LEAST, min(wanted, fitting, _MOST))))
