"""The conversion options, read leniently: what is unknown or of another type is as if it were not given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

LANGUAGES = ("en", "it", "de", "es", "fr", "pt")
MOST_IMAGES = 10  # of one file


class Images(NamedTuple):
    """What becomes of the images in a document. convert: describe them. most: how many of them."""

    convert: bool = False
    language: str = "en"
    most: int = MOST_IMAGES


AS_THEY_ARE = Images()


@dataclass(frozen=True, slots=True)
class Options:
    """text: plain text instead of Markdown. language: of the description of an image that is the whole file."""

    text: bool = False
    language: str = "en"
    hostname: str = ""
    selector: str = ""
    shown_image: bool = False
    metadata: bool = True
    html: Images = AS_THEY_ARE
    pdf: Images = AS_THEY_ARE
    docx: Images = AS_THEY_ARE

    @classmethod
    def read(cls, value: Any) -> Options:
        """From the JSON of ``conversionOptions``, or from an object that has it under this name."""
        given = _object(value)
        given = _object(given.get("conversionOptions")) or given
        html, pdf = _object(given.get("html")), _object(given.get("pdf"))
        return cls(
            text=_object(given.get("output")).get("format") == "text",
            language=_language(_object(given.get("image"))),
            hostname=_text(html.get("hostname")),
            selector=_text(html.get("cssSelector")),
            shown_image=_object(html.get("images")).get("convertOGImage") is True,
            metadata=pdf.get("metadata") is not False,
            html=_images(html),
            pdf=_images(pdf),
            docx=_images(_object(given.get("docx"))),
        )


def _images(given: dict[str, Any]) -> Images:
    images = _object(given.get("images"))
    most = images.get("maxConvertedImages")
    wanted = most if type(most) is int and most >= 0 else MOST_IMAGES
    return Images(images.get("convert") is True, _language(images), min(wanted, MOST_IMAGES))


def _language(given: dict[str, Any]) -> str:
    language = given.get("descriptionLanguage")
    return language if language in LANGUAGES else "en"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
