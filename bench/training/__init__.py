"""What the losses of torch cost on a CPU, in memory and time, and where they are wrong, beside named peers.

`memory`, `speed` and `accuracy` make the tables, `options` reads what may follow their names:
``python -m bench training-speed --quick --only kullback naive``. They ask `bench/peers/training.py` in processes of
their own, which use `peak`, `rounds` and `cases`; `losses` has the contenders of the races, `answers` those of the
cases. `bench.training_gpu` is the race on a GPU.
"""
