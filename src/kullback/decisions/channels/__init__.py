"""Channels and sources: how much gets through, and how little is needed, each with a bound of its error.

Where is what: `_capacity` the capacity of a channel, `_distortion` the rate of a source at a distortion; below them
`_simplex` the solver that both share, `_inputs` what comes in, `_picture` the drawing.
"""

from kullback.decisions.channels._capacity import ChannelCapacity, channel_capacity
from kullback.decisions.channels._distortion import (
    DistortionCurve,
    RateDistortion,
    rate_distortion,
    rate_distortion_curve,
)

__all__ = [
    "ChannelCapacity",
    "DistortionCurve",
    "RateDistortion",
    "channel_capacity",
    "rate_distortion",
    "rate_distortion_curve",
]
