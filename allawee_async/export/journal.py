"""What an export has on the disk, from its first moment to the finished file.

| File | What it is |
|---|---|
| `customers.csv` | the finished file; it appears by a rename |
| `customers.csv.part` | the rows so far; of an export in parts, there is one for each |
| `customers.csv.rejected.jsonl` | the rejected entries; `….part` as long as the export runs |
| `customers.csv.checkpoint` | what is exported, and how far it is |
| `customers.csv.finished` | the finished file while it is made of parts, or encoded as Parquet |
| `.customers.csv.export` | the last checkpoint: what the finished file holds, and its checksum |
| `customers.csv.lock` | keeps a second export off |

A portion of rows is written to the part file first and counts once the checkpoint says so. So a
crash leaves the state before a portion, or the one behind it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final, Literal

import attrs

from allawee_async.errors import ConfigurationError
from allawee_async.export import files
from allawee_async.export.checkpoint import (
    Checkpoint,
    ExportConflictError,
    ExportError,
    Kept,
    PartState,
    read_checkpoint,
)
from allawee_async.export.formats import Rows

_BLOCK: Final = 1024 * 1024


class Names:
    """The files of an export, by the path of the finished one.

    Raises:
        ConfigurationError: The path names no file.
    """

    def __init__(self, target: Path) -> None:
        if not target.name:
            raise ConfigurationError(f"{target} is a directory; name the file, too")
        self.target = target
        self.finished = self._beside("finished")
        self.checkpoint = self._beside("checkpoint")
        self.record = target.with_name(f".{target.name}.export")
        self.lock = self._beside("lock")
        self.rejected = self._beside("rejected.jsonl")

    def part(self, index: int) -> Path:
        """Return the file with the rows of a part."""
        return self._beside(f"part{index or ''}")

    def rejected_part(self, index: int) -> Path:
        """Return the file with the rejected entries of a part."""
        return self._beside(f"rejected.jsonl.part{index or ''}")

    def _beside(self, ending: str) -> Path:
        return self.target.with_name(f"{self.target.name}.{ending}")


class Journal:
    """The files of a running export.

    Args:
        names: Where they are.
        checkpoint: What a new export begins with.
        mode: The permissions of the finished file.

    Attributes:
        names: Where they are.
        checkpoint: How far it is, as the disk has it.
    """

    def __init__(self, names: Names, checkpoint: Checkpoint, mode: int) -> None:
        self.names = names
        self._mode = mode
        self._rows: list[files.PartFile] = []
        self._rejected: list[files.PartFile] = []
        self.checkpoint = checkpoint

    def find(self, *, resume: bool, overwrite: bool) -> Literal["new", "unfinished", "finished"]:
        """Find out what there is to go on with.

        Args:
            resume: Go on with an unfinished export, if there is one.
            overwrite: Let the finished file replace one that is there, and, without `resume`, an
                unfinished export, too.

        Raises:
            ConfigurationError: A file is in the way, or the unfinished export is another one.
            ExportError: The unfinished export cannot be read, or the finished file was changed.
        """
        names = self.names
        if resume and names.checkpoint.exists():
            found = self._read(names.checkpoint, "the unfinished export to")
            self.checkpoint = attrs.evolve(found, replaces=found.replaces or overwrite)
            return "unfinished"
        if resume and not overwrite and names.target.exists():
            self.checkpoint = self._finished_before()
            return "finished"
        if not overwrite:
            self._refuse_to_overwrite()
        return "new"

    def _refuse_to_overwrite(self) -> None:
        names = self.names
        problems = {
            names.target: f"{names.target} is there already: name another file, or overwrite it",
            names.checkpoint: f"an unfinished export to {names.target} is there: resume it "
            "(resume=True), or begin anew",
            names.part(0): f"{names.part(0)} is in the way, and belongs to no checkpoint: move it "
            "away, or overwrite it",
        }
        for path, problem in problems.items():
            if path.exists():
                raise ExportConflictError(problem, can_overwrite=True)

    def _finished_before(self) -> Checkpoint:
        """Return what the finished file was made of, if it is still what it was."""
        names = self.names
        if not names.record.exists():
            raise ExportError(
                f"there is nothing to resume, and {names.target} may be no finished export: "
                f"{names.record.name} is not beside it; name another file, or overwrite it",
                can_overwrite=True,
            )
        found = self._read(names.record, "the export that made")
        if not _holds(names.target, found.finished):
            raise ExportError(
                f"{names.target} was changed since it was exported: name another file, or "
                "overwrite it",
                can_overwrite=True,
            )
        return found

    def _read(self, path: Path, what: str) -> Checkpoint:
        try:
            with os.fdopen(files.open_old(path), "rb") as file:
                found = read_checkpoint(file.read())
        except ValueError as error:
            raise ExportError(
                f"the checkpoint {path} cannot be read ({error}); nothing was deleted: put back "
                "a good copy of it, or begin anew",
                can_overwrite=True,
            ) from None
        differences = list(found.job.differences(self.checkpoint.job))
        if differences:
            raise ExportConflictError(
                f"{what} {self.names.target} is another one: {'; '.join(differences)}; resume "
                "it with what it began with, or begin anew",
                can_overwrite=True,
            )
        return found

    def open(self, start: bytes, new_parts: tuple[PartState, ...] | None) -> None:
        """Open the part files, and cut off what came behind the checkpoint.

        Args:
            start: What the finished file begins with.
            new_parts: The parts of the list, of an export that begins now.

        Raises:
            ExportError: A part file is not what it was.
            OSError: A file cannot be written.
        """
        if new_parts is not None:
            self._write(attrs.evolve(self.checkpoint, parts=new_parts))
            self._remove_parts(len(new_parts))
        if self.checkpoint.finished is not None:
            return
        names, parts = self.names, self.checkpoint.parts
        for index, part in enumerate(parts):
            self._rows.append(self._opened(names.part(index), part.row_bytes))
            path = names.rejected_part(index)
            self._rejected.append(self._opened(path, part.rejected_bytes))
        if start and not parts[0].row_bytes.length:
            self.commit(0, parts[0], start, b"")

    def _opened(self, path: Path, kept: Kept) -> files.PartFile:
        try:
            return files.PartFile(path, kept)
        except (ValueError, FileNotFoundError) as error:
            told = f"{path.name} is gone" if isinstance(error, OSError) else str(error)
            raise self._not_resumable(told) from None

    def _not_resumable(self, told: str) -> ExportError:
        return ExportError(
            f"the export to {self.names.target} cannot be resumed: {told}; nothing was deleted: "
            "put back a good copy of the file, or begin anew",
            can_overwrite=True,
        )

    def commit(self, index: int, state: PartState, rows: bytes, rejected: bytes) -> None:
        """Bring rows of a part to the disk, and then the checkpoint that counts them.

        Raises:
            OSError: It cannot be written; the state before counts.
        """
        row_file, rejected_file = self._rows[index], self._rejected[index]
        row_file.append(rows)
        rejected_file.append(rejected)
        parts = list(self.checkpoint.parts)
        parts[index] = attrs.evolve(
            state, row_bytes=row_file.kept, rejected_bytes=rejected_file.kept
        )
        self._write(attrs.evolve(self.checkpoint, parts=tuple(parts)))

    def _write(self, checkpoint: Checkpoint) -> None:
        files.write_whole(self.names.checkpoint, [checkpoint.to_bytes()])
        self.checkpoint = checkpoint

    def finish(self, rows: Rows) -> Generator[int]:
        """Make the finished file; after a crash it begins again where it has to.

        Yields:
            The number of rows that are in the finished file so far.

        Raises:
            ConfigurationError: Another file has come to stand in its place.
            ExportError: The rows are gone.
            OSError: It cannot be written.
        """
        self.close()
        names, parts = self.names, self._part_files(self.names.part)
        if self.checkpoint.finished is None:
            if rows.is_final and len(parts) == 1:
                made = self.checkpoint.parts[0].row_bytes
            else:
                yield from self._make(rows, parts)
                made = files.kept_in(names.finished)
            self._write(attrs.evolve(self.checkpoint, finished=made))
        made_file = self._made_file()
        is_placed = made_file == names.target
        if not is_placed and os.path.lexists(names.target) and not self.checkpoint.replaces:
            raise ExportConflictError(
                f"{names.target} was made by somebody else in the meantime: move it away, or "
                "resume and overwrite it",
                can_overwrite=True,
            )
        if not is_placed or all(map(os.path.lexists, self._part_files(names.rejected_part))):
            self._place_rejected()
        if not is_placed:
            if self._mode != files.PRIVATE:
                made_file.chmod(self._mode)
            files.move(made_file, names.target)
        self._remove_parts()
        files.move(names.checkpoint, names.record)

    def _part_files(self, name: Callable[[int], Path]) -> list[Path]:
        return [name(index) for index in range(len(self.checkpoint.parts))]

    def _make(self, rows: Rows, parts: list[Path]) -> Generator[int]:
        with ExitStack() as stack:
            opened = [stack.enter_context(os.fdopen(files.open_old(part), "rb")) for part in parts]
            yield from rows.finish(opened, stack.enter_context(files.written(self.names.finished)))

    def _made_file(self) -> Path:
        """Return where the finished file is: its rows may still have the name of the part file."""
        names = self.names
        for path in (names.part(0), names.finished, names.target):
            if _holds(path, self.checkpoint.finished):
                return path
        raise self._not_resumable(f"the rows are gone, or {names.finished.name} is damaged")

    def _place_rejected(self) -> None:
        if self.checkpoint.rejected:
            files.write_whole(self.names.rejected, self._rejected_lines())
        else:
            files.remove(self.names.rejected)

    def _rejected_lines(self) -> Iterator[bytes]:
        for index, part in enumerate(self.checkpoint.parts):
            path, kept = self.names.rejected_part(index), part.rejected_bytes
            if not kept.length:
                continue
            if not _holds(path, kept):
                raise self._not_resumable(f"{path.name} is gone, or damaged")
            with os.fdopen(files.open_old(path), "rb") as file:
                yield from iter(partial(file.read, _BLOCK), b"")

    def discard(self) -> None:
        """Leave nothing behind of an export that has read nothing."""
        self.close()
        self._remove_parts()
        files.remove(self.names.checkpoint)

    def _remove_parts(self, first: int = 0) -> None:
        names, known = self.names, len(self.checkpoint.parts)
        for index in count(first):
            paths = (names.part(index), names.rejected_part(index))
            if index >= known and not any(map(os.path.lexists, paths)):
                break
            for path in paths:
                path.unlink(missing_ok=True)
        names.finished.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the files."""
        for file in (*self._rows, *self._rejected):
            file.close()


def _holds(path: Path, kept: Kept | None) -> bool:
    """Return whether a file is there and holds exactly what was kept."""
    with suppress(ValueError, FileNotFoundError):
        return files.kept_in(path) == kept
    return False
