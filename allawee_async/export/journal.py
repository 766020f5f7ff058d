"""What an export has on the disk, from its first moment to the finished file.

| File | What it is |
|---|---|
| `customers.csv` | the finished file; it appears by a rename |
| `customers.csv.part` | the rows so far |
| `customers.csv.rejected.jsonl` | the rejected entries; `….part` as long as the export runs |
| `customers.csv.checkpoint` | what is exported, and how far it is |
| `customers.csv.lock` | keeps a second export off |

A portion of rows is written to the part file first and counts once the checkpoint says so. So a
crash leaves the state before a portion, or the one behind it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from allawee_async.errors import ConfigurationError
from allawee_async.export.checkpoint import Checkpoint, Job, read_checkpoint
from allawee_async.export.errors import ExportError
from allawee_async.export.files import PartFile, move, remove, write_whole

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from allawee_async.export.rows import Rows


class Names:
    """The files of an export, by the path of the finished one.

    Raises:
        ConfigurationError: The path names no file.
    """

    def __init__(self, target: Path) -> None:
        if not target.name:
            raise ConfigurationError(f"{target} is a directory; name the file, too")
        self.target = target
        self.part = self._beside("part")
        self.finished = self._beside("finished")
        self.checkpoint = self._beside("checkpoint")
        self.lock = self._beside("lock")
        self.rejected = self._beside("rejected.jsonl")
        self.rejected_part = self._beside("rejected.jsonl.part")

    def _beside(self, ending: str) -> Path:
        return self.target.with_name(f"{self.target.name}.{ending}")


class Journal:
    """The files of a running export.

    Args:
        names: Where they are.
        job: What is exported.
        rows: The format of the file.
    """

    def __init__(self, names: Names, job: Job, rows: Rows) -> None:
        self._names = names
        self._job = job
        self._rows = rows
        self._part: PartFile | None = None
        self._rejected: PartFile | None = None

    def begin(self, *, resume: bool, overwrite: bool) -> Checkpoint | None:
        """Return where to begin, or None if an earlier run has finished the file.

        Args:
            resume: Go on with an unfinished export, if there is one.
            overwrite: Let the finished file replace one that is there, and, without `resume`, an
                unfinished export, too.

        Raises:
            ConfigurationError: A file is in the way, or the unfinished export is another one.
            ExportError: The unfinished export cannot be read.
            OSError: A file cannot be written.
        """
        names = self._names
        checkpoint: Checkpoint | None = None
        if resume and names.checkpoint.exists():
            checkpoint = self._read_checkpoint()
            checkpoint = checkpoint.changed(replaces=checkpoint.replaces or overwrite)
        elif not overwrite:
            if resume and names.target.exists():
                return None
            self._refuse_to_overwrite()
        if checkpoint is None:
            checkpoint = Checkpoint(job=self._job, replaces=overwrite)
            self._write(checkpoint)
        return checkpoint if checkpoint.read_all else self._open(checkpoint)

    def _refuse_to_overwrite(self) -> None:
        names = self._names
        if names.target.exists():
            raise ConfigurationError(
                f"{names.target} is there already: name another file, or give --overwrite "
                "(overwrite=True)"
            )
        if names.checkpoint.exists():
            raise ConfigurationError(
                f"an unfinished export to {names.target} is there: resume it, or begin "
                "anew with --overwrite (overwrite=True)"
            )
        if names.part.exists():
            raise ConfigurationError(
                f"{names.part} is in the way, and belongs to no checkpoint: move it away, or "
                "give --overwrite (overwrite=True)"
            )

    def _read_checkpoint(self) -> Checkpoint:
        path = self._names.checkpoint
        try:
            found = read_checkpoint(path.read_bytes())
        except ValueError as error:
            raise ExportError(
                f"the checkpoint {path} cannot be read ({error}); nothing was deleted: put back "
                "a good copy of it, or begin anew with --overwrite (overwrite=True)"
            ) from None
        differences = list(found.job.differences(self._job))
        if differences:
            raise ConfigurationError(
                f"the unfinished export to {self._names.target} is another one: "
                f"{'; '.join(differences)}; resume it with what it began with, or "
                "begin anew with --overwrite (overwrite=True)"
            )
        return found

    def _open(self, checkpoint: Checkpoint) -> Checkpoint:
        """Open the part files, and cut off what came behind the checkpoint."""
        names = self._names
        try:
            self._part = PartFile(names.part, checkpoint.part_bytes)
            self._rejected = PartFile(names.rejected_part, checkpoint.rejected_bytes)
        except ValueError as error:
            raise ExportError(
                f"the export to {names.target} cannot be resumed: {error}; nothing was deleted: "
                "put back a good copy of the file, or begin anew with --overwrite (overwrite=True)"
            ) from None
        if checkpoint.part_bytes:
            return checkpoint
        return self.commit(checkpoint, self._rows.start, b"")

    def commit(self, ahead: Checkpoint, rows: bytes, rejected: bytes) -> Checkpoint:
        """Bring rows to the disk, and then the checkpoint that counts them.

        Returns:
            The checkpoint as it was written.

        Raises:
            OSError: It cannot be written; the state before counts.
        """
        if self._part is None or self._rejected is None:
            raise ValueError("the journal is not open")
        self._part.append(rows)
        self._rejected.append(rejected)
        written = ahead.changed(part_bytes=self._part.length, rejected_bytes=self._rejected.length)
        self._write(written)
        return written

    def _write(self, checkpoint: Checkpoint) -> None:
        write_whole(self._names.checkpoint, checkpoint.to_bytes())

    def finish(self, checkpoint: Checkpoint) -> Generator[int]:
        """Make the finished file; after a crash it begins again where it has to.

        Yields:
            The number of rows that are in the finished file so far.

        Raises:
            ConfigurationError: Another file has come to stand in its place.
            ExportError: The rows are gone.
            OSError: It cannot be written.
        """
        self.close()
        names = self._names
        if names.part.exists():
            yield from self._finish_rows()
        if names.finished.exists():
            if names.target.exists() and not checkpoint.replaces:
                raise ConfigurationError(
                    f"{names.target} was made by somebody else in the meantime: move it away, or "
                    "resume with --overwrite (overwrite=True)"
                )
            self._place_rejected(checkpoint)
            move(names.finished, names.target)
        elif not names.target.exists():
            raise ExportError(f"the rows are gone: there is neither {names.part} nor the file")
        remove(names.checkpoint)

    def _finish_rows(self) -> Generator[int]:
        names = self._names
        try:
            yield from self._rows.finish(names.part, names.finished)
        except BaseException:
            if names.part.exists():  # otherwise it is the only copy
                with suppress(OSError):
                    names.finished.unlink(missing_ok=True)
            raise

    def _place_rejected(self, checkpoint: Checkpoint) -> None:
        names = self._names
        if not checkpoint.rejected:
            remove(names.rejected_part)
            remove(names.rejected)
        elif names.rejected_part.exists():
            move(names.rejected_part, names.rejected)

    def close(self) -> None:
        """Close the files."""
        for file in (self._part, self._rejected):
            if file is not None:
                file.close()
