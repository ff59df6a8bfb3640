"""Distillation from hidden states on a GPU: ours beside peers and beside the matrix products that nobody can avoid.

`python -m bench.training_gpu` prints a table for each shape; `--quick` takes one small shape. Without a GPU the same
code checks values, gradients, chunks and memory at toy size and times nothing.
"""
