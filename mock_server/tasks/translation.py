"""Translation: M2M100's ``translated_text`` and IndicTrans2's ``translations``."""

from __future__ import annotations

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result, Tokens
from mock_server.text.languages import flores, named
from mock_server.text.tokens import count
from mock_server.text.translating import translate


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """``{"translated_text"}`` for ``target_lang``, ``{"translations": [...]}`` for ``target_language`` (FLORES codes).

    ``source_lang`` and ``target_lang`` are codes or English names. A language that nobody knows is not refused (no
    capture shows a refusal): its name marks a pseudo-translation.
    """
    if "target_language" in inputs:
        given = inputs.get("text", "")
        texts = [str(text) for text in given] if isinstance(given, list) else [str(given)]
        target = flores(str(inputs["target_language"]))
        translations = [translate(text, named("en"), target) for text in texts]
        return Result({"translations": translations}, Tokens(sum(map(count, texts)), sum(map(count, translations))))
    text = str(inputs.get("text", ""))
    source_lang, target_lang = str(inputs.get("source_lang") or "en"), str(inputs.get("target_lang", ""))
    translated = translate(text, named(source_lang), named(target_lang))
    return Result({"translated_text": translated}, Tokens(count(text), count(translated)))
