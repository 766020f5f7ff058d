"""Exports: a list of the API as a file, whatever happens on the way.

Use `export`. Parquet needs the extra `export` (pyarrow); the other formats need nothing more.
"""

from allawee_async.export.checkpoint import ExportConflictError, ExportError
from allawee_async.export.exporting import ExportProgress, ExportResult, export
from allawee_async.export.formats import FORMATS, Format

__all__ = ["FORMATS", "ExportConflictError", "ExportError", "ExportProgress", "ExportResult"]
__all__ += ["Format", "export"]
