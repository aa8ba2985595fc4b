"""Multipart forms, read part by part as they come in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple


class Part(NamedTuple):
    """One part. number: its place in the form. file_name: None for a part that is no file."""

    number: int
    name: str
    file_name: str | None
    media_type: str


class NoForm(ValueError):
    """A body is not the form that its content type announces; the words say why."""


async def read(
    chunks: AsyncIterator[bytes], content_type: str, take: Callable[[Part, bytes], None], most: int
) -> tuple[list[Part], int]:
    """Hand the data of every part to `take` as it comes: the parts there were, and the bytes of all.

    most: bytes; OverflowError for a form that has more. Raises NoForm, and whatever `take` raises.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, parameters = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not parameters.get(b"boundary"):
        raise NoForm("the body is no multipart/form-data with a boundary")
    parts: list[Part] = []
    headers: dict[str, bytes] = {}
    field, value, size = bytearray(), bytearray(), 0

    def end_header() -> None:
        headers[field.decode("latin-1").lower()] = bytes(value)
        field.clear()
        value.clear()

    def begin() -> None:
        _, said = parse_options_header(headers.get("content-disposition", b""))
        name, file_name = said.get(b"name", b""), said.get(b"filename")
        shown = None if file_name is None else file_name.decode("utf-8", "replace")
        media_type = headers.get("content-type", b"").decode("latin-1")
        parts.append(Part(len(parts), name.decode("utf-8", "replace"), shown, media_type))
        headers.clear()
        take(parts[-1], b"")

    parser = MultipartParser(
        parameters[b"boundary"],
        {
            "on_header_field": lambda data, start, end: field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": end_header,
            "on_headers_finished": begin,
            "on_part_data": lambda data, start, end: take(parts[-1], data[start:end]),
        },
    )
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise OverflowError(f"the form has more than {most} bytes")
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise NoForm(f"the body is no form: {error}") from None
    return parts, size
