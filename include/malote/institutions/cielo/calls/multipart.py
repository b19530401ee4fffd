"""The body of an upload: one file part, streamed from the archive, its size known beforehand (sheet 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

from malote.archive import Archive
from malote.errors import Misconfigured
from malote.institution import Body
from malote.reading import as_file, chunks
from malote.submission import Stored
from malote.texts import english

_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


def upload(archive: Archive, stored: Stored, *, part: str, file_name: str) -> tuple[Body, str]:
    """The body, and the Content-Type that goes with it; the same bytes each time it is opened.

    :param part: name of the part
    :param file_name: the name by which Cielo knows the file
    :raises Misconfigured: where a name holds what would have to be escaped
    """
    for name in (part, file_name):
        if not _PLAIN.fullmatch(name):
            raise Misconfigured(
                english("s_cielo_part_name"),
                institution="cielo",
                todo=english("s_do_part_name"),
                kept=english("s_kept_unsent"),
            )
    # Derived from the file's own hash: a file that contained it would have to contain a hash of itself.
    boundary = f"malote-{sha256(f'{stored.sha256} {file_name}'.encode()).hexdigest()[:48]}"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{file_name}"\r\n'
        "Content-Type: text/xml\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()

    def opened() -> BinaryIO:
        file = archive.open(stored)

        def pieces() -> Iterator[bytes]:
            yield head
            yield from chunks(file)
            yield tail

        return as_file(pieces(), file.close)

    return Body(len(head) + stored.size + len(tail), opened), f"multipart/form-data; boundary={boundary}"
