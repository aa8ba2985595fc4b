import json
import zipfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from mock_server import conversion
from mock_server.conversion import Converted, Document, Options
from mock_server.text import tokens

ASSETS = Path(__file__).parent.parent / "fixtures" / "assets"
DOT = b64encode(next(ASSETS.glob("*.png")).read_bytes()).decode()
NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("fo", "xsl-fo-compatible"),
    )
)


def converted(name: str, data: bytes | str, media_type: str = "", **options: Any) -> Converted:
    content = data.encode() if isinstance(data, str) else data
    return conversion.convert(Document(name, content, media_type), Options.read(options))


def text(name: str, data: bytes | str, **options: Any) -> str:
    found = converted(name, data, **options)
    assert not found.error
    return found.text


def archive(**files: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


# --- HTML -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("page", "markdown"),
    [
        ("<h1>One</h1><h3>Three</h3><p>x</p>", "# One\n\n### Three\n\nx\n"),
        ("<p>Some <b>bold</b> and <em>slanted</em> words</p>", "Some **bold** and *slanted* words\n"),
        ("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>", "- a\n- b\n  1. c\n"),
        ("<table><tr><th>a</th></tr><tr><td>1</td></tr></table>", "| a |\n| --- |\n| 1 |\n"),
        ("<p>x</p><script>alert()</script><style>p{}</style><header>h</header><footer>f</footer>", "x\n"),
        ('<pre><code class="language-py">x = 1</code></pre>', "```py\nx = 1\n```\n"),
        ('<a href="/b">link</a>', "[link](/b)\n"),
        (
            '<base href="https://a.org/x/"><base href="https://b.org"><a href="y">link</a>',
            "[link](https://a.org/x/y)\n",
        ),
        (f'<p>a <img alt="dot" src="data:image/png;base64,{DOT}"></p>', "a dot\n"),
        ('<p>a <img alt="cat" src="https://a.org/c.png"></p>', "a ![cat](https://a.org/c.png)\n"),
        ("", "\n"),
    ],
)
def test_a_page_becomes_its_content(page: str, markdown: str) -> None:
    assert text("a.html", page) == markdown


def test_what_the_head_tells_comes_first_and_json_ld_last() -> None:
    page = (
        '<head><title>A  page</title><meta name="description" content="About it">'
        '<meta property="og:description" content="no"><meta property="og:image" content="https://a.org/i.png">'
        '<script type="application/ld+json">{"@type":"Thing"}</script></head><p>Hello</p>'
    )
    head = "---\ndescription: About it\ntitle: A page\nimage: https://a.org/i.png\n---\n\n"
    assert text("a.html", page) == f'{head}Hello\n\n```json\n{{\n  "@type": "Thing"\n}}\n```\n'


def test_a_selector_keeps_what_it_selects_once() -> None:
    page = '<header>top</header><div class="x">one <div class="x">two</div></div><p>three</p><i id="y">four</i>'
    assert text("a.html", page, html={"cssSelector": ".x, #y"}) == "one\n\ntwo\n\n*four*\n"
    assert text("a.html", page, html={"cssSelector": "header"}) == "top\n"
    assert "cssSelector" in converted("a.html", page, html={"cssSelector": "..x"}).error


def test_a_hostname_resolves_relative_links() -> None:
    page = '<base href="https://b.org"><a href="c">x</a>'
    assert text("a.html", page, html={"hostname": "a.org"}) == "[x](https://a.org/c)\n"
    assert text("a.html", page, html={"hostname": "http://a.org/d/"}) == "[x](http://a.org/d/c)\n"


def test_images_in_a_page_are_described_where_that_is_wanted() -> None:
    page = "".join(f'<img src="https://a.org/red-car-{number}.png">' for number in range(3))
    found = text("a.html", page, html={"images": {"convert": True, "maxConvertedImages": 2}})
    assert found.count("The image shows") == 2
    assert found.count("![](") == 1
    told = text("a.html", f'<img src="data:image/png;base64,{DOT}">', html={"images": {"convert": True}})
    assert told.startswith("The image")
    broken = text("a.html", '<img src="data:image/png;base64,AA">', html={"images": {"convert": True}})
    assert "cannot be read" in broken


def test_the_shown_image_is_described_where_that_is_wanted() -> None:
    page = '<meta property="og:image" content="https://a.org/green-tree.png"><p>x</p>'
    assert "The image shows" in text("a.html", page, html={"images": {"convertOGImage": True}})


# --- tables -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "markdown"),
    [
        ("a,b\n1,2\n", "| a | b |\n| --- | --- |\n| 1 | 2 |\n"),
        ("a\tb\nx, y\tz\n", "| a | b |\n| --- | --- |\n| x, y | z |\n"),
        ("a;b\n1;2,5\n", "| a | b |\n| --- | --- |\n| 1 | 2,5 |\n"),
        ('a,b\n"x|y\nz",\n', "| a | b |\n| --- | --- |\n| x\\|y z |  |\n"),
        ("a,b,c\n1\n\n", "| a | b | c |\n| --- | --- | --- |\n| 1 |  |  |\n"),
        ("\ufeffä,b\n", "| ä | b |\n| --- | --- |\n"),
        ("", ""),
    ],
)
def test_a_csv_file_becomes_a_table(data: str, markdown: str) -> None:
    assert text("a.csv", data) == markdown


def test_every_sheet_of_a_workbook_becomes_a_table() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from datetime import datetime

    book = openpyxl.Workbook()
    book.active.title = "First"
    book.active.append(["name", "count", "on", "day"])
    book.active.append(["a", 1.0, True, datetime(2026, 1, 2)])  # noqa: DTZ001
    book.create_sheet("Second").append(["x", None, 2.5])
    out = BytesIO()
    book.save(out)
    assert text("a.xlsx", out.getvalue()) == (
        "## First\n\n| name | count | on | day |\n| --- | --- | --- | --- |\n| a | 1 | TRUE | 2026-01-02 |\n\n"
        "## Second\n\n| x |  | 2.5 |\n| --- | --- | --- |\n"
    )


def test_an_open_spreadsheet_becomes_tables_without_what_fills_the_sheet() -> None:
    cell = "<table:table-cell {}><text:p>{}</text:p></table:table-cell>"
    twice = 'table:number-columns-repeated="2"'
    fill = '<table:table-cell table:number-columns-repeated="16380"/>'
    rows = (
        f"<table:table-row>{cell.format('', 'a')}{cell.format('', 'b')}{fill}</table:table-row>"
        f"<table:table-row>{cell.format(twice, '1')}{fill}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="1048570">{fill}</table:table-row>'
    )
    body = f'<table:table table:name="Sums">{rows}</table:table>'
    data = archive(
        mimetype="application/vnd.oasis.opendocument.spreadsheet",
        content_xml=f"<office:document-content {NAMESPACES}><office:body><office:spreadsheet>{body}"
        "</office:spreadsheet></office:body></office:document-content>",
    )
    assert text("a.ods", data) == "## Sums\n\n| a | b |\n| --- | --- |\n| 1 | 1 |\n"


# --- texts ------------------------------------------------------------------------------------------------------------
def test_an_open_text_keeps_headings_lists_links_tables_and_emphasis() -> None:
    body = (
        '<text:h text:outline-level="2">Title</text:h><text:p>Some <text:span text:style-name="B">bold</text:span> '
        '&amp; <text:a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="https://a.org">link</text:a></text:p>'
        "<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>"
        "</table:table>"
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
    )
    style = '<style:style style:name="B"><style:text-properties fo:font-weight="bold"/></style:style>'
    data = archive(
        mimetype="application/vnd.oasis.opendocument.text",
        content_xml=f"<office:document-content {NAMESPACES}><office:automatic-styles>{style}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
    )
    found = text("a.odt", data)
    assert "## Title\n\nSome **bold** & [link](https://a.org)\n\n- one" in found
    assert "| x |" in found
    assert "gone" not in found


def test_a_word_document_keeps_headings_and_emphasis() -> None:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    )
    document = (
        f'<w:document xmlns:w="{word}"><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Report</w:t>'
        '</w:r></w:p><w:p><w:r><w:t xml:space="preserve">All is </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>well</w:t>'
        "</w:r></w:p></w:body></w:document>"
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("[Content_Types].xml", types)
        relation = f'<Relationship Id="a" Type="{office}" Target="word/document.xml"/>'
        packed.writestr("_rels/.rels", f'<Relationships xmlns="{relations}">{relation}</Relationships>')
        packed.writestr("word/document.xml", document)
    found = converted("a.docx", out.getvalue())
    assert "Report" in found.text
    assert "All is **well**" in found.text


def pdf(*pages: str) -> bytes:
    """A PDF file of one line a page, with a title and a producer."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, line in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append("<< /Title (Two pages) /Producer (By hand) >>")
    out, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    start = len(out)
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>\n"
    return f"{out}startxref\n{start}\n%%EOF\n".encode()


def test_a_pdf_file_is_laid_out_as_captured() -> None:
    contents = "## Contents\n### Page 1\nHello there\n\n\n\n### Page 2\nGoodbye\n"
    assert text("two.pdf", pdf("Hello there", "Goodbye")) == (
        "# two.pdf\n## Metadata\n- PDFFormatVersion=1.4\n- IsLinearized=false\n- IsAcroFormPresent=false\n"
        "- IsXFAPresent=false\n- IsCollectionPresent=false\n- IsSignaturesPresent=false\n- Title=Two pages\n"
        f"- Producer=By hand\n\n\n\n{contents}"
    )
    assert text("two.pdf", pdf("Hello there", "Goodbye"), pdf={"metadata": False}) == f"# two.pdf\n{contents}"


# --- data and pictures ------------------------------------------------------------------------------------------------
def test_xml_becomes_nested_lists_and_json_a_block_of_code() -> None:
    found = text("a.xml", '<?xml version="1.0"?><r xmlns="urn:x" a="1">one<b>two</b>three<c/></r>')
    assert found == '- **r** (a="1"): one\n  - **b**: two\n  - three\n  - **c**\n'
    assert text("a.json", '{"a":[1,"ä"]}') == '```json\n{\n  "a": [\n    1,\n    "ä"\n  ]\n}\n```\n'


@pytest.mark.parametrize("suffix", ["png", "jpeg", "webp", "gif", "bmp"])
def test_a_picture_is_described(suffix: str) -> None:
    image = pytest.importorskip("PIL.Image")
    out = BytesIO()
    image.new("RGB", (64, 32), (200, 0, 0)).save(out, suffix)
    found = converted(f"a.{suffix}", out.getvalue())
    assert (found.media_type, found.format) == (f"image/{suffix}", "markdown")
    assert "red" in found.text
    assert "64x32" in found.text


def test_a_description_comes_in_the_language_asked_for() -> None:
    data = next(ASSETS.glob("*.png")).read_bytes()
    found = {text("a.png", data, image={"descriptionLanguage": language}) for language in ("en", "de", "fr", "es")}
    assert len(found) == 4
    assert text("a.png", data, image={"descriptionLanguage": "xx"}) in found


def test_a_vector_drawing_is_described_by_what_is_in_it() -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg"><title>Logo</title><circle/><circle/><rect/><text>Hi</text></svg>'
    )
    assert text("a.svg", drawing) == (
        'The image is a drawing of two circles and one rectangle. Its title is "Logo". '
        'The words "Hi" can be read on it.\n'
    )


# --- everything -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "media_type", "data", "kind"),
    [
        ("a.html", "", b"x", "text/html"),
        ("a.HTM", "application/octet-stream", b"x", "text/html"),
        ("a", "text/html; charset=utf-8", b"x", "text/html"),
        ("blob", "application/octet-stream", b"  <!DOCTYPE html><p>x", "text/html"),
        ("blob", "", b"%PDF-1.7", "application/pdf"),
        ("a.png", "image/png", b"%PDF-1.7", "application/pdf"),
        ("a", "text/xml", b"<a/>", "application/xml"),
        ("a", "", b"<?xml version='1.0'?><a/>", "application/xml"),
        ("a", "", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        ("a", "", b"[1]", "application/json"),
        ("a", "", b"just words", "text/plain"),
        ("a", "", b"\0\1", "application/octet-stream"),
        ("a.xls", "application/vnd.ms-excel", b"\xd0\xcf\x11\xe0\0", "application/vnd.ms-excel"),
        (
            "a",
            "",
            archive(mimetype="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
        ("a.zip", "", archive(x="y"), "application/zip"),
    ],
)
def test_a_kind_is_told_by_bytes_then_name_then_type(name: str, media_type: str, data: bytes, kind: str) -> None:
    assert converted(name, data, media_type).media_type == kind


@pytest.mark.parametrize("name", [f"a{row['extension']}" for row in conversion.supported()])
@pytest.mark.parametrize("data", [b"", b"\0\xff\xfe broken", b"%PDF-1.4\n", b"PK\x03\x04\x14\0", b"<a", b"GIF89a"])
def test_what_is_broken_says_so_and_never_more(name: str, data: bytes) -> None:
    found = converted(name, data)
    assert bool(found.error) == (found.format == "error")


BOMB = archive(mimetype="application/vnd.oasis.opendocument.text", content_xml="<a>" + " " * 31 * 1024 * 1024 + "</a>")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.odt", BOMB, "unfolds"),
        ("a.docx", archive(word__document_xml=" " * 31 * 1024 * 1024), "unfolds"),
        ("a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
        ("a.svg", '<!DOCTYPE a [<!ENTITY b "c">]><svg>&b;</svg>', "Entities"),
        ("a.html", "<div>" * 5_000, "nested"),
        ("a.html", "<b>" * 300_001, "tags"),
        ("a.xml", " " * (20 * 1024 * 1024 + 1), "bytes"),
        ("a.exe", b"MZ\0", "not among the supported"),
    ],
)
def test_what_would_take_too_much_is_refused(name: str, data: bytes | str, words: str) -> None:
    assert words in converted(name, data).error


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.html", b"<p>x"), ("a.xml", b"<a/>"), ("a.pdf", b"%PDF-1.4"), ("a.xlsx", b""), ("a.docx", b"")],
)
def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch, name: str, data: bytes) -> None:
    def refuse(module: str, *rest: Any) -> Any:
        raise ImportError(module)

    monkeypatch.setattr("mock_server.conversion.trouble.import_module", refuse)
    assert 'pip install "workers-ai-mock[markdown]"' in converted(name, data).error


def test_plain_text_has_no_marks() -> None:
    page = "<h1>One</h1><p><b>bold</b> <i>slanted</i> <a href='x'>link</a> 2*3*4</p><ul><li>a</li></ul><pre>code</pre>"
    found = converted("a.html", page, output={"format": "text"})
    assert (found.format, found.text) == ("text", "One\n\nbold slanted link 2*3*4\n\na\n\ncode\n")
    assert text("a.csv", "a,b\n1,2\n", output={"format": "text"}) == "a | b\n1 | 2\n"


@pytest.mark.parametrize("options", [None, [], {"html": 7, "pdf": [], "output": None}, {"html": {"images": 1}}])
def test_options_that_mean_nothing_change_nothing(options: Any) -> None:
    assert Options.read(options) == Options()


def test_options_may_stand_under_their_name() -> None:
    assert Options.read({"conversionOptions": {"output": {"format": "text"}}}).text


def test_a_result_is_shown_with_its_tokens_or_its_error() -> None:
    good = converted("a.txt", "Hello there").shown("1")
    assert list(good) == ["id", "name", "mimeType", "format", "tokens", "data"]
    assert good["tokens"] == tokens.count("Hello there")
    bad = converted("a.json", "{").shown("2")
    assert list(bad) == ["id", "name", "mimeType", "format", "error"]
    assert json.dumps(bad)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """So that the start stays quick."""
    import subprocess
    import sys

    heavy = ("bs4", "pypdf", "mammoth", "openpyxl", "markdownify", "defusedxml", "PIL")
    code = f"import sys, mock_server.conversion; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "marks", ["# x" + " " * 50_000 + "y", "[" * 50_000, "**a" * 20_000, "| " * 20_000, "- " * 20_000]
)
def test_taking_marks_away_takes_no_longer_for_long_lines(marks: str) -> None:
    assert len(text("a.md", marks, output={"format": "text"})) <= len(marks) + 1
