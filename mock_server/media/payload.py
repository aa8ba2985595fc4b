"""Files inside JSON: the bytes that an input means, in every form that clients send them."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any

from mock_server import errors
from mock_server.errors import ApiError

TYPES = {type(None): "null", bool: "boolean", int: "number", float: "number"}
SPACES = str.maketrans("", "", " \t\r\n")


def bytes_of(value: Any) -> bytes:
    """The bytes that `value` means.

    value: bytes; a list of numbers, which wrap at 256 as they do in a Uint8Array; base64 with or without padding, in
    either alphabet; a data URL; {"body": any of these, "contentType": …}; a serialised Buffer {"data": […]}. Raises
    ApiError 400/5004 for anything else.
    """
    match value:
        case bytes():
            return value
        case list():
            return _from_numbers(value)
        case str():
            return _from_text(value)
        case {"body": body}:
            return bytes_of(body)
        case {"data": list() as numbers}:
            return _from_numbers(numbers)
    raise _not_base64(TYPES.get(type(value), "object"), "neither base64 nor bytes")


def _from_numbers(numbers: list[Any]) -> bytes:
    try:
        return bytes(numbers)
    except (ValueError, TypeError):
        pass
    try:
        return bytes(int(number) & 255 for number in numbers)
    except (ValueError, TypeError, OverflowError):
        raise _not_base64("array", "an array of something else than numbers") from None


def _from_text(text: str) -> bytes:
    if text[:5].lower() == "data:":
        head, comma, text = text.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise _not_base64("string", "a data URL without base64")
    plain = text.translate(SPACES).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (NotBase64, ValueError) as error:
        raise _not_base64("string", f"not base64: {error}") from None


def _not_base64(kind: str, why: str) -> ApiError:
    return ApiError(errors.INVALID_BASE64, type=kind, hint=why)
