"""PDF and Word documents as Markdown."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from mock_server.conversion import archives, pages, pictures
from mock_server.conversion.options import Options
from mock_server.conversion.trouble import Unreadable, bound, library

MOST_PAGES = 1000
MOST_TAGS = 1_000_000


def pdf(data: bytes, name: str, options: Options) -> str:
    """Name, metadata, and the text of every page, laid out as captured results are."""
    pypdf = library("pypdf")
    try:
        reader = pypdf.PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("the file is encrypted with a password")
        text = f"# {name}\n"
        if options.metadata:
            text += "## Metadata\n" + "".join(f"- {key}={value}\n" for key, value in _facts(reader, data)) + "\n\n\n"
        left = options.pdf.most if options.pdf.convert else 0
        told = []
        for number, page in enumerate(reader.pages[:MOST_PAGES], 1):
            said = [page.extract_text().strip()]
            for image in page.images if left else ():
                if left:
                    left -= 1
                    said.append(pictures.shown(image.data, options.pdf.language))
            told.append(f"### Page {number}\n" + "\n\n".join(part for part in said if part))
    except pypdf.errors.PyPdfError as error:
        raise Unreadable(f"not a PDF file that can be read: {error}") from None
    return f"{text}## Contents\n" + "\n\n\n\n".join(told) + "\n"


def docx(data: bytes, name: str, options: Options) -> str:
    """A Word document by way of HTML."""
    mammoth = library("mammoth")
    bound(archives.member(data, "word/document.xml"), MOST_TAGS)
    found = mammoth.convert_to_html(BytesIO(data), convert_image=mammoth.images.img_element(_source))
    return pages.markdown_of(pages.parsed(found.value), options.docx) + "\n"


def _facts(reader: Any, data: bytes) -> Iterator[tuple[str, Any]]:
    """What captured results tell of a PDF file, in their order."""
    root = reader.root_object
    form = root.get("/AcroForm")
    form = form.get_object() if form is not None else {}
    yield "PDFFormatVersion", reader.pdf_header.rpartition("-")[2]
    if "/Lang" in root:
        yield "Language", root["/Lang"]
    told = {
        "Linearized": b"/Linearized" in data[:1024],
        "AcroFormPresent": bool(form.get("/Fields")),
        "XFAPresent": "/XFA" in form,
        "CollectionPresent": "/Collection" in root,
        "SignaturesPresent": bool(int(form.get("/SigFlags", 0)) & 1),
    }
    for key, value in told.items():
        yield f"Is{key}", str(value).lower()
    for key in reader.metadata or {}:
        yield str(key).lstrip("/"), " ".join(str(reader.metadata[key]).split())


def _source(image: Any) -> dict[str, str]:
    with image.open() as file:
        return {"src": f"data:{image.content_type};base64,{b64encode(file.read()).decode()}"}
