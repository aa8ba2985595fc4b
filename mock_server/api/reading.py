"""From bytes to inputs: JSON under any content type, forms, and raw audio or pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from mock_server import errors
from mock_server.api.asgi import Disconnected, Receive
from mock_server.errors import ApiError
from mock_server.exchange import EMPTY, Inputs, json_of


async def body_of(receive: Receive, limit: int) -> bytes:
    """The whole request body; 413/3006 when it has more than `limit` bytes."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False):
        if size > limit:
            raise _too_large(limit)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limit:
        raise _too_large(limit)
    return b"".join(parts)


class Read(NamedTuple):
    """A body as inputs.

    options: the body's own `options`, which are not inputs. raw: the name of the input that the whole body is, when
    it is not JSON. form: whether the inputs are the fields of a form.
    """

    inputs: Inputs
    options: Mapping[str, Any] = EMPTY
    raw: str | None = None
    form: bool = False


def read(headers: Mapping[bytes, bytes], query: bytes, body: bytes, facts: Mapping[str, Any] | None) -> Read:
    """The inputs that a body means for a model with these `facts`; None for a model that is not known yet.

    The content type decides nothing but whether the body is a form: clients send JSON as form-urlencoded, text/plain
    or without a type. A body that is not a JSON object is the raw input of a model that takes one (fact ``raw_body``).
    Raises ApiError: 400/3003 for no body, 400/6003 for one that is not JSON, 400/5006 for JSON that is no object.
    """
    if not body:
        raise ApiError(errors.INCOMPLETE, what="body")
    media_type = headers.get(b"content-type", b"")
    if media_type.startswith(b"multipart/form-data"):
        return Read(form_of(body, media_type.decode("latin-1")), form=True)
    content_type = media_type.decode("latin-1")
    raw = facts.get("raw_body") if facts is not None else _raw_kind(content_type)
    document: Any
    try:
        document = json_of(body)
    except orjson.JSONDecodeError as error:
        if raw is None:
            raise ApiError(errors.BAD_JSON, hint=f"the body is not JSON: {error}") from None
        return Read(_raw_inputs(query, body, raw, content_type), raw=raw)
    if not isinstance(document, dict):
        if raw is not None:  # bytes that happen to be JSON, such as "1": media too short to be any
            return Read(_raw_inputs(query, body, raw, content_type), raw=raw)
        raise ApiError(errors.BAD_INPUT, reason=f"Type mismatch of '/', 'object' not in {_types(document)}")
    # A null at the top stands for "not given": clients send their unset options so.
    if None in document.values():
        document = {key: value for key, value in document.items() if value is not None}
    options = document.get("options")
    if isinstance(options, dict) and (facts is None or not facts.get("takes_options")):
        del document["options"]
        return Read(document, options)
    return Read(document)


def _raw_kind(content_type: str) -> str | None:
    """What a body of this media type is to a model that nobody knows."""
    kind = content_type.partition("/")[0]
    return kind if kind in ("audio", "image") else None


def _raw_inputs(query: bytes, body: bytes, raw: str, content_type: str) -> Inputs:
    """The body as the input `raw`, its parameters from the query; "audio.body" nests it with its content type."""
    inputs = inputs_of(query)
    name, _, nested = raw.partition(".")
    inputs[name] = {nested: body, "contentType": content_type} if nested else body
    return inputs


def inputs_of(query: bytes) -> Inputs:
    """The inputs in a query string: text, lists of it where a name is repeated."""
    inputs: Inputs = {}
    for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        _enter(inputs, key, value)
    return inputs


def _enter(inputs: Inputs, name: str, value: Any) -> None:
    """Add an input; those of one name make a list."""
    if name in inputs:
        first = inputs[name]
        inputs[name] = [*first, value] if isinstance(first, list) else [first, value]
    else:
        inputs[name] = value


def unjudged(body: bytes) -> Inputs:
    """The inputs of a body that nobody here judges: its JSON object as it is, else the whole as `body`."""
    try:
        document = json_of(body)
    except orjson.JSONDecodeError:
        try:
            document = body.decode()
        except UnicodeDecodeError:
            document = body
    return document if isinstance(document, dict) else {"body": document}


def wants_queue(query: bytes) -> bool:
    """Whether a query says ``queueRequest=true``: its inputs are to be answered later, as a batch."""
    return ("queueRequest", "true") in parse_qsl(query.decode("latin-1"))


def form_of(body: bytes, content_type: str) -> Inputs:
    """Fields of a multipart body: text as str, files as bytes; repeated names make a list.

    400/6003 when the body is not the form that its content type announces.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, parameters = parse_options_header(content_type)
    boundary = parameters.get(b"boundary")
    if not boundary:
        raise ApiError(errors.BAD_JSON, hint="multipart/form-data without a boundary")
    fields: Inputs = {}
    part = _Part()

    def on_end() -> None:
        _enter(fields, *part.take())

    parser = MultipartParser(
        boundary,
        {
            "on_header_field": lambda data, start, end: part.field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: part.value.extend(data[start:end]),
            "on_header_end": part.end_header,
            "on_part_data": lambda data, start, end: part.data.extend(data[start:end]),
            "on_part_end": on_end,
        },
    )
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise ApiError(errors.BAD_JSON, hint=f"not a multipart form: {error}") from None
    return fields


class _Part:
    """One part of a form while it is being read."""

    def __init__(self) -> None:
        self.field, self.value, self.data = bytearray(), bytearray(), bytearray()
        self.headers: dict[str, bytes] = {}

    def end_header(self) -> None:
        self.headers[self.field.decode("latin-1").lower()] = bytes(self.value)
        self.field, self.value = bytearray(), bytearray()

    def take(self) -> tuple[str, Any]:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self.headers.get("content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        data = bytes(self.data)
        is_file = b"filename" in options or self.headers.get("content-type", b"text/").split(b"/")[0] != b"text"
        self.headers, self.data = {}, bytearray()
        return name, data if is_file else data.decode("utf-8", "replace")


def _types(document: Any) -> str:
    if document is None:
        return "'null'"
    if isinstance(document, bool):
        return "'boolean'"
    if isinstance(document, str):
        return "'string'"
    if isinstance(document, int | float):
        return "'number','integer'" if float(document).is_integer() else "'number'"
    return "'array'"


def _too_large(limit: int) -> ApiError:
    return ApiError(errors.TOO_LARGE, hint=f"more than {limit} bytes; --max-body-bytes sets the limit")
