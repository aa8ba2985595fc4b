"""Saying a given text again: in short, or in another language."""

from __future__ import annotations

import re

from mock_server.text import retrieval, writing
from mock_server.text.conversation import Conversation
from mock_server.text.manners import Manner
from mock_server.text.words import STOP, stem, words

_PHRASES = {
    "hello": ("Hola", "Bonjour", "Hallo", "Ciao", "Olá"),
    "good morning": ("Buenos días", "Bonjour", "Guten Morgen", "Buongiorno", "Bom dia"),
    "thank you": ("Gracias", "Merci", "Danke", "Grazie", "Obrigado"),
    "goodbye": ("Adiós", "Au revoir", "Auf Wiedersehen", "Arrivederci", "Adeus"),
    "how are you": ("¿Cómo estás?", "Comment allez-vous ?", "Wie geht es Ihnen?", "Come stai?", "Como está?"),
    "good night": ("Buenas noches", "Bonne nuit", "Gute Nacht", "Buonanotte", "Boa noite"),
    "please": ("por favor", "s'il vous plaît", "bitte", "per favore", "por favor"),
    "yes": ("sí", "oui", "ja", "sì", "sim"),
    "no": ("no", "non", "nein", "no", "não"),
    "i love you": ("Te quiero", "Je t'aime", "Ich liebe dich", "Ti amo", "Eu te amo"),
    "cat": ("gato", "chat", "Katze", "gatto", "gato"),
    "dog": ("perro", "chien", "Hund", "cane", "cão"),
    "water": ("agua", "eau", "Wasser", "acqua", "água"),
    "house": ("casa", "maison", "Haus", "casa", "casa"),
    "friend": ("amigo", "ami", "Freund", "amico", "amigo"),
}
_PHRASEBOOK = ("spanish", "french", "german", "italian", "portuguese")


def translation(text: str, language: str) -> str | None:
    """What the user asks to translate: a common phrase in that language, else a sentence there that quotes it."""
    found = re.search(
        r"translat\w*\s+(?:the (?:following|word|phrase|sentence|text)[^:]*?:?\s*)?(.+?)\s+(?:in)?to \w+",
        text,
        re.I | re.S,
    )
    after = re.search(r":\s*(.+)", text, re.S)
    given = after.group(1) if after else found.group(1) if found else ""
    given = given.strip().strip("\"'“”‘’").rstrip(".!")
    if not given:
        return None
    known = _PHRASES.get(given.lower())
    if known and language in _PHRASEBOOK:
        return known[_PHRASEBOOK.index(language)]
    return writing.LANGUAGES[language][0].format(given)


def summary(conversation: Conversation, manner: Manner) -> str | None:
    """The sentences that carry most of a text, in their order; of the request, else of what was said before."""
    text = conversation.request
    body = text.split(":", 1)[1] if ":" in text[:200] and len(text.split(":", 1)[1]) > 60 else text
    parts = [
        part
        for part in retrieval.sentences(body)
        if not re.match(r"(?:please |can you |could you )?(?:summari[sz]e|tl;?dr|give (?:me )?a summary)", part, re.I)
    ]
    if len(parts) < 2:
        parts = [
            part for turn in conversation.turns[: max(conversation.at, 0)] for part in retrieval.sentences(turn.text)
        ]
    if len(parts) < 2:
        return None
    spread: dict[str, int] = {}
    stems = [[stem(word) for word in words(part) if word not in STOP] for part in parts[:400]]
    for line in stems:
        for each in set(line):
            spread[each] = spread.get(each, 0) + 1
    weight = [
        sum(spread[each] for each in set(line)) / (6 + len(line)) + (0.6 if i == 0 else 0)
        for i, line in enumerate(stems)
    ]
    wanted = manner.sentences if manner.sentences > 0 else max(1, min(3, len(parts) // 3))
    chosen = sorted(sorted(range(len(stems)), key=lambda i: -weight[i])[:wanted])
    if manner.bullets:
        return "\n".join(f"- {parts[i]}" for i in chosen)
    return " ".join(parts[i] for i in chosen)
