"""Language: n-gram models with named smoothing, perplexity, and the divergence between two texts.

Where is what: `_model` a model of a text, `_rows` its conditional laws by context, `_model_divergence` two models
exactly, `_text_divergence` two texts with an interval, `_tokens` texts cut into tokens.
"""

from kullback.decisions.language._model import NGramModel, ngram_model
from kullback.decisions.language._model_divergence import ModelDivergence, model_divergence
from kullback.decisions.language._text_divergence import text_divergence
from kullback.decisions.language._tokens import words

__all__ = ["ModelDivergence", "NGramModel", "model_divergence", "ngram_model", "text_divergence", "words"]
