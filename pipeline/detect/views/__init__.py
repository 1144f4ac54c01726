"""Other ways to read a text, each a rewritten excerpt whose places are known in the original."""

from pipeline.detect.views.compose import VERSION, VIEWS, views
from pipeline.detect.views.folding import plain
from pipeline.detect.views.reading import View

__all__ = ["VERSION", "VIEWS", "View", "plain", "views"]
