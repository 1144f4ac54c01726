"""Reading: from untrusted files to text, and what could not be seen.

`split_source` turns a source into chunks of segments without reading documents;
`read_chunk` turns the segments of a chunk into documents. Foreign bytes are parsed
only in a reader process that can be killed (`sandbox`), never in this one.
"""

from pipeline.read.chunk import read_chunk
from pipeline.read.errors import ReaderUnavailable, SourceError
from pipeline.read.limits import ReadLimits
from pipeline.read.source import split_source

__all__ = ["ReadLimits", "ReaderUnavailable", "SourceError", "read_chunk", "split_source"]
