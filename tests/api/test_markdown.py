import re
from collections.abc import Callable
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
PATH = f"/client/v4/accounts/{ACCOUNT}/ai/tomarkdown"
PAGE = b"<h1>Good</h1><p>It is.</p>"
Field = tuple[str, str | None, str, bytes]  # name, file name, media type, data


def form(*fields: Field) -> bytes:
    parts = []
    for name, file_name, media_type, data in fields:
        file = f'; filename="{file_name}"' if file_name is not None else ""
        kind = f"content-type: {media_type}\r\n" if media_type else ""
        parts.append(
            f'--b\r\ncontent-disposition: form-data; name="{name}"{file}\r\n{kind}\r\n'.encode() + data + b"\r\n"
        )
    return b"".join(parts) + b"--b--\r\n"


def convert(emulator: Emulator, *fields: Field, chunks: int = 1) -> Response:
    headers = BEARER | {"content-type": "multipart/form-data; boundary=b"}
    return emulator.ask("POST", PATH, form(*fields), headers, chunks=chunks)


def test_every_file_has_its_result_and_one_that_fails_fails_alone(emulator: Emulator) -> None:
    response = convert(
        emulator,
        ("files", "good.html", "text/html", PAGE),
        ("files", "bad.pdf", "application/pdf", b"%PDF-1.4 no more"),
        ("files", "table.csv", "text/csv", b"a,b\n1,2\n"),
        chunks=7,
    )
    assert list(response.json) == ["result", "success", "errors", "messages"]
    good, bad, table = response.result
    assert list(good) == ["id", "name", "mimeType", "format", "tokens", "data"]
    assert UUID(good["id"])
    assert (good["name"], good["mimeType"], good["format"]) == ("good.html", "text/html", "markdown")
    assert good["data"] == "# Good\n\nIt is.\n"
    assert isinstance(good["tokens"], int)
    assert list(bad) == ["id", "name", "mimeType", "format", "error"]
    assert (bad["format"], bool(bad["error"])) == ("error", True)
    assert table["data"].startswith("| a | b |")
    assert len({good["id"], bad["id"], table["id"]}) == 3


@pytest.mark.parametrize("name", ["files", "files[]", "file", "document", ""])
def test_the_part_may_have_any_name(emulator: Emulator, name: str) -> None:
    assert convert(emulator, (name, "a.html", "text/html", PAGE)).result[0]["data"] == "# Good\n\nIt is.\n"


def test_a_part_without_a_file_name_is_called_as_the_part(emulator: Emulator) -> None:
    (found,) = convert(emulator, ("notes.md", None, "", b"# Mine")).result
    assert (found["name"], found["data"]) == ("notes.md", "# Mine")


@pytest.mark.parametrize("place", [0, 1])
def test_options_are_a_part_of_their_own_before_or_after_the_files(emulator: Emulator, place: int) -> None:
    fields: list[Field] = [("files", "a.html", "text/html", PAGE)]
    fields.insert(place, ("conversionOptions", None, "", b'{"output":{"format":"text"},"html":{"cssSelector":"p"}}'))
    (found,) = convert(emulator, *fields).result
    assert (found["format"], found["data"]) == ("text", "It is.\n")


@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/html", "application/x-www-form-urlencoded"])
def test_a_body_may_be_the_file_itself(emulator: Emulator, content_type: str) -> None:
    page = b"<!doctype html>" + PAGE
    (found,) = emulator.ask("POST", PATH, page, BEARER | {"content-type": content_type}).result
    assert (found["mimeType"], found["data"]) == ("text/html", "# Good\n\nIt is.\n")


@pytest.mark.parametrize(
    ("content_type", "body", "refusal"),
    [
        ("multipart/form-data; boundary=b", b"--b--\r\n", (400, 3003)),
        ("multipart/form-data; boundary=b", form(("conversionOptions", None, "", b"{}")), (400, 3003)),
        (
            "multipart/form-data; boundary=b",
            form(("conversionOptions", None, "", b"{"), ("f", "a", "", b"x")),
            (400, 6003),
        ),
        ("multipart/form-data; boundary=b", b"no form at all", (400, 6003)),
        ("multipart/form-data", b"--b--", (400, 6003)),
        ("application/octet-stream", b"", (400, 3003)),
    ],
)
def test_a_request_without_a_file_is_refused(
    emulator: Emulator, content_type: str, body: bytes, refusal: tuple[int, int]
) -> None:
    response = emulator.ask("POST", PATH, body, BEARER | {"content-type": content_type})
    assert response.error[:2] == refusal


def test_a_request_that_is_too_large_is_refused(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator(max_body_bytes=1000)
    assert convert(emulator, ("files", "a.txt", "", bytes(1000))).error[:2] == (413, 3006)
    assert emulator.ask("POST", PATH, bytes(1001), BEARER).error[:2] == (413, 3006)


def test_who_is_not_known_may_not_convert(emulator: Emulator) -> None:
    assert emulator.ask("POST", PATH, form(), {"content-type": "multipart/form-data; boundary=b"}).status in (400, 401)
    assert emulator.ask("GET", f"{PATH}/supported").status in (400, 401)


def test_supported_formats_are_listed_by_extension_and_type(emulator: Emulator) -> None:
    found: list[dict[str, Any]] = emulator.ask("GET", f"{PATH}/supported", b"", BEARER).result
    assert [list(row) for row in found] == [["extension", "mimeType"]] * len(found)
    assert {"extension": ".html", "mimeType": "text/html"} in found
    assert {"extension": ".pdf", "mimeType": "application/pdf"} in found
    listed = {row["extension"] for row in found}
    assert {".gif", ".bmp", ".svg", ".docx", ".xlsx", ".ods", ".odt", ".csv", ".xml", ".json"} <= listed


def test_the_journal_has_the_conversion(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator()
    convert(emulator, ("files", "a.html", "text/html", PAGE))
    entry = list(emulator.app._serving.pipeline.journal)[-1]  # type: ignore[attr-defined]
    assert (entry.account, entry.status, entry.size) == (ACCOUNT, 200, len(PAGE))
