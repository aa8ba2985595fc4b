"""HTML as Markdown. What is dropped, extracted and resolved follows the service's documentation."""

from __future__ import annotations

import re
import warnings
from typing import Any
from urllib.parse import urljoin

from mock_server.conversion import pictures
from mock_server.conversion.options import Images, Options
from mock_server.conversion.trouble import Unreadable, bound, library

MOST_TAGS = 300_000
IGNORED = ("script", "style", "noscript", "template", "iframe", "object", "svg", "canvas")
AROUND = ("header", "footer", "head")  # not what the page is about
TOLD = {  # at the head of the text -> where it is found: names of meta elements, the first there is
    "description": ("description", "og:description"),
    "title": ("og:title",),
    "image": ("og:image",),
}


def html(data: bytes, name: str, options: Options) -> str:
    """A page: what its meta elements tell, its content, its JSON-LD."""
    soup = parsed(data)
    told = _told(soup)
    linked = [_pretty(str(tag.string or "")) for tag in soup.find_all("script", type="application/ld+json")]
    base = _base(soup, options.hostname)
    if options.selector:
        soup = _selected(soup, options.selector)
    else:
        for tag in soup.find_all(AROUND):
            tag.decompose()
    if base:
        for element, attribute in (("a", "href"), ("img", "src")):
            for tag in soup.find_all(element, attrs={attribute: True}):
                tag[attribute] = _resolved(base, tag[attribute])
    head = "".join(f"{key}: {value}\n" for key, value in told.items())
    parts = [f"---\n{head}---"] if head else []
    if options.shown_image and "image" in told:
        parts.append(pictures.described(_resolved(base, told["image"]), options.html.language))
    parts += [markdown_of(soup, options.html), *(f"```json\n{text}\n```" for text in linked)]
    return "\n\n".join(part for part in parts if part) + "\n"


def parsed(data: bytes | str) -> Any:
    """The tree of a page. Unreadable when it is too large."""
    bound(data.encode("utf-8", "replace") if isinstance(data, str) else data, MOST_TAGS)
    bs4 = library("bs4")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what looks like XML, or like a file name, is a page all the same
        return bs4.BeautifulSoup(data, "html.parser")


def markdown_of(soup: Any, images: Images) -> str:
    """A tree as Markdown. Images are described where `images` says so; those inside the page leave no data behind."""
    markdownify = library("markdownify")
    for tag in soup.find_all(IGNORED):
        tag.decompose()
    left = images.most if images.convert else 0
    for tag in soup.find_all("img"):
        source = str(tag.get("src") or "")
        if left and source.lower().startswith(("data:", "http:", "https:")):
            left -= 1
            told = soup.new_tag("p")
            told.string = pictures.described(source, images.language)
            tag.replace_with(told)
        elif source.lower().startswith("data:"):
            tag.replace_with(str(tag.get("alt") or ""))
    converter = markdownify.MarkdownConverter(
        heading_style="ATX", bullets="-", table_infer_header=True, code_language_callback=_language
    )
    try:
        text: str = converter.convert_soup(soup)
    except RecursionError:
        raise Unreadable("the elements of the page are nested too deeply") from None
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _told(soup: Any) -> dict[str, str]:
    metas: dict[str, str] = {}
    for tag in soup.find_all("meta"):
        key, value = tag.get("name") or tag.get("property"), tag.get("content")
        if key and value:
            metas.setdefault(str(key).lower(), " ".join(str(value).split()))
    told = {key: next((metas[name] for name in names if name in metas), "") for key, names in TOLD.items()}
    title = soup.find("title")
    if title is not None and title.get_text(strip=True):
        told["title"] = " ".join(title.get_text().split())
    return {key: value for key, value in told.items() if value}


def _base(soup: Any, hostname: str) -> str:
    """What relative links start from: the option, or the first base element."""
    if hostname:
        return hostname if "://" in hostname else f"https://{hostname}/"
    tag = soup.find("base", href=True)
    return str(tag["href"]) if tag is not None else ""


def _resolved(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # no address at all, such as one with half an IPv6 host
        return link


def _selected(soup: Any, selector: str) -> Any:
    soupsieve = library("soupsieve")
    try:
        found = soup.select(selector)
    except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
        raise Unreadable(f"html.cssSelector: {selector!r} is no CSS selector: {str(error).splitlines()[0]}") from None
    kept = {id(tag) for tag in found}
    page = parsed("")
    for tag in [tag for tag in found if not any(id(parent) in kept for parent in tag.parents)]:
        page.append(tag.extract())
    return page


def _pretty(text: str) -> str:
    import orjson

    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return text.strip()


def _language(tag: Any) -> str:
    """The language of a code block, as highlighters write it into the class."""
    code = tag.find("code") if tag.name == "pre" else tag
    classes = [*(tag.get("class") or ()), *((code.get("class") or ()) if code is not None else ())]
    return next((str(name)[9:] for name in classes if str(name).startswith("language-")), "")
