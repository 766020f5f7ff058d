"""Exports: a list of the API as a file, whatever happens on the way.

Use `export`. Parquet needs the extra `export` (pyarrow); the other formats need nothing more.
"""

from allawee_async.export.exporting import export
from allawee_async.export.formats import FORMATS, Format
from allawee_async.export.results import (
    ExportConflictError,
    ExportError,
    ExportProgress,
    ExportResult,
)

__all__ = [
    "FORMATS",
    "ExportConflictError",
    "ExportError",
    "ExportProgress",
    "ExportResult",
    "Format",
    "export",
]
