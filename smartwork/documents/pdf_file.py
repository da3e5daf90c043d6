"""Read a PDF as our typesetter writes it, and in no other way.

A file of this form has one table of objects, no updates, and streams that are packed by deflate or not at all. So there is
one way to read it, in time proportional to its size. A file of another form was written by another program: it is no
document as it was issued.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

MAX_PDF_BYTES = 32 * 2**20
_MAX_STREAM = 32 * 2**20
"""Bytes of a stream after unpacking; the largest is the e-invoice."""
_MAX_UNPACKED = 192 * 2**20
"""Bytes of all streams after unpacking."""
_MAX_OBJECTS = 20_000
_PIECE = 2**20

_CLOSING = re.compile(rb"startxref\n([1-9]\d{0,9})\n%%EOF\Z")
_TRAILER = re.compile(rb"trailer\n(<<[^\n]*>>)\nstartxref\n[1-9]\d{0,9}\n%%EOF\Z")
_TABLE = re.compile(rb"xref\n0 (\d{1,6})\n0000000000 65535 f\r\n((?:\d{10} 00000 n\r\n)*)")
_LENGTH = re.compile(rb"/Length (0|[1-9]\d{0,9})(?=[/>])")
_DRAWING = re.compile(rb"drawing:([0-9a-f]{16})[),]")
_ATTACHED = re.compile(rb"/Type/EmbeddedFile/Filter/FlateDecode/Subtype/application#2F(xml|json)/Params")


class NotAsDrawn(ValueError):  # noqa: N818 - a state, as others of its kind
    """A PDF that our typesetter did not write in this form. The text says what is wrong."""


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A PDF's parts: `plain` is everything outside of streams, without lengths and offsets; `streams` their digests.

    Compression differs between machines, so the digests are those of what is packed. `attached` are the files in it by their
    type, `xml` or `json`. `drawing` is the version that the file states, if it was drawn before versions had numbers.
    """

    plain: tuple[bytes, ...]
    streams: tuple[bytes, ...]
    attached: dict[str, bytes]
    drawing: str


def read_pdf(content: bytes, *, only_pages: bool = False) -> PdfFile:
    """The parts of a PDF, which with `only_pages` has no files attached.

    Raises NotAsDrawn at the first thing that our typesetter does not write.
    """
    if len(content) > MAX_PDF_BYTES:
        raise NotAsDrawn(f"it is larger than {MAX_PDF_BYTES // 2**20} MB")
    table, offsets, trailer = _table(content)
    plain, streams, attached = [content[: offsets[0]]], [], {}
    left = _MAX_UNPACKED
    for number, piece in enumerate(_pieces(content, [*offsets, table]), start=1):
        head, packed, tail = _object(number, piece)
        plain += [_LENGTH.sub(b"/Length", head, count=1) if packed is not None else head, tail]
        if packed is None:
            continue
        keep = _ATTACHED.search(head)
        if keep is not None and only_pages:
            raise NotAsDrawn("it has a file attached")
        deflated, most = b"/FlateDecode" in head, min(left, _MAX_STREAM)
        digest, size, body = _unpacked(packed, most, deflated=deflated, keep=keep is not None)
        left -= size
        streams.append(digest)
        if keep is not None:
            if (kind := keep[1].decode()) in attached:
                raise NotAsDrawn(f"it has two files of the type {kind}")
            attached[kind] = body
    plain.append(trailer)
    drawing = next((match[1].decode() for part in plain if (match := _DRAWING.search(part))), "")
    return PdfFile(tuple(plain), tuple(streams), attached, drawing)


def _table(content: bytes) -> tuple[int, list[int], bytes]:
    """Where the table of objects begins, and where each object does, in order of their numbers; and the trailer."""
    closing = _CLOSING.search(content, max(0, len(content) - 40))
    table = int(closing[1]) if closing else -1
    entries = _TABLE.match(content, table) if 0 <= table < len(content) else None
    if entries is None or int(entries[1]) > _MAX_OBJECTS:
        raise NotAsDrawn("its table of objects is not the typesetter's")
    found = [int(entry[:10]) for entry in entries[2].split(b"\r\n") if entry]
    trailer = _TRAILER.match(content, entries.end())
    if not found or len(found) != int(entries[1]) - 1 or trailer is None:
        raise NotAsDrawn("its table of objects is not the typesetter's")
    if any(following <= previous for previous, following in zip([0, *found], [*found, table], strict=True)):
        raise NotAsDrawn("its objects are not in their order")
    return table, found, trailer[1]


def _pieces(content: bytes, offsets: list[int]) -> Iterator[bytes]:
    for start, end in pairwise(offsets):
        yield content[start:end]


def _object(number: int, piece: bytes) -> tuple[bytes, bytes | None, bytes]:
    """An object's text before its stream, the packed stream if it has one, and the text after it."""
    if not piece.startswith(b"%d 0 obj\n" % number) or not piece.endswith(b"\nendobj\n"):
        raise NotAsDrawn(f"its object {number} does not stand where the table says")
    head, found, rest = piece.partition(b">>\nstream\n")
    if not found:
        return piece, None, b""
    length = _LENGTH.findall(head + b">")
    size = int(length[0]) if len(length) == 1 else -1
    if not 0 <= size <= len(rest) or not rest[size:].startswith(b"\nendstream\nendobj\n"):
        raise NotAsDrawn(f"its object {number} has not the length that it states")
    return head + found, rest[:size], rest[size:]


def _unpacked(packed: bytes, most: int, *, deflated: bool, keep: bool) -> tuple[bytes, int, bytes]:
    """The digest and the size of a stream, unpacked a piece at a time; its bytes if they are to be kept."""
    if not deflated:
        return sha256(packed).digest(), len(packed), packed if keep else b""
    stream, digest, size, kept = zlib.decompressobj(), sha256(), 0, bytearray()
    try:
        while not stream.eof:
            piece = stream.decompress(packed, _PIECE)
            packed = stream.unconsumed_tail
            size += len(piece)
            if not piece and not packed and not stream.eof:
                raise NotAsDrawn("it has a stream that ends too early")
            if size > most:
                raise NotAsDrawn(f"it unpacks to more than {_MAX_STREAM // 2**20} MB a stream or {_MAX_UNPACKED // 2**20} MB")
            digest.update(piece)
            if keep:
                kept += piece
    except zlib.error as error:
        raise NotAsDrawn(f"it has a stream that cannot be unpacked ({error})") from error
    if stream.unused_data:
        raise NotAsDrawn("it has a stream with something after its end")
    return digest.digest(), size, bytes(kept)
