"""A receipt as PDF: one page of text, made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PDF_TYPE = "application/pdf"
_HEAD = b"%PDF-1.4\n"
_FIRST_LINE, _LINE_HEIGHT, _LEFT = 790, 18, 56


def make_pdf(lines: Iterable[str]) -> bytes:
    """Return a PDF document of one A4 page that shows lines of text."""
    page = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
    content = _text(lines)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< " + page + b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
    )
    document, offsets = _HEAD, list[int]()
    for number, body in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, rows)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\n" % size
    return document + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(document)


def _text(lines: Iterable[str]) -> bytes:
    """Return the drawing instructions for lines, one below the other."""
    shown = [b"(%b) Tj T*" % _escaped(line) for line in lines]
    start = b"BT /F1 12 Tf %d TL %d %d Td" % (_LINE_HEIGHT, _LEFT, _FIRST_LINE)
    return b"\n".join((start, *shown, b"ET"))


def _escaped(line: str) -> bytes:
    """Return a line as the inside of a PDF text; what the font lacks becomes a question mark."""
    printable = "".join(char if char.isprintable() else " " for char in line)
    text = printable.encode("cp1252", errors="replace")
    return text.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
