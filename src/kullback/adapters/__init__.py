"""Distribution objects of other libraries, read as laws; nothing foreign is imported here.

An object is recognized by the module and name of its class. `to_law` asks, in this order: records pass through;
adapters that were registered; scipy.stats, torch.distributions, numpyro and TFP on JAX; adapters of installed packages
(entry points of the group `kullback.adapters`); and last the object itself, if it has a log density and a support.

Where is what: `_reading` the order above, `_classes` recognizing a class, `_opaque` objects known by their log density,
`_maps` changes of variable, `_batches` whole batches of laws, `_rows` what the tensor libraries share, then a file or
more for each library, and `_parse` for laws written as text.
"""

from kullback.adapters._parse import parse
from kullback.adapters._reading import register, to_law

__all__ = ["parse", "register", "to_law"]
