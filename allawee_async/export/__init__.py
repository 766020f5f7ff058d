"""Exports: a list of the API as a file, whatever happens on the way.

Use `export`. Parquet needs the extra `export` (pyarrow); the other formats need nothing more.
"""

from allawee_async.export.checkpoint import ExportConflictError as ExportConflictError
from allawee_async.export.checkpoint import ExportError as ExportError
from allawee_async.export.exporting import ExportProgress as ExportProgress
from allawee_async.export.exporting import ExportResult as ExportResult
from allawee_async.export.exporting import export as export
from allawee_async.export.formats import FORMATS as FORMATS
from allawee_async.export.formats import Format as Format
