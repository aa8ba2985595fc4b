"""A transcript as Deepgram writes it: channels, alternatives, words, and what its options add.

The shape is that of the model's output schema; what the schema leaves out (paragraphs, utterances, speakers, search) is
written as Deepgram's public API documents it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

from mock_server.exchange import Inputs
from mock_server.media.transcript import Word, floored, sentences

TURN = 1.0  # seconds of pause after which another speaker is supposed
UTTERANCE = 0.8  # seconds of pause that end an utterance, unless utt_split says otherwise

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = {word: str(value) for value, word in enumerate(UNITS)}
NUMBERS |= {word: str(10 * value) for value, word in enumerate(TENS, 3)}
PROFANE = {
    "arse", "ass", "bastard", "bitch", "bollocks", "bullshit", "crap", "cunt", "damn", "dick", "fuck", "fucked",
    "fucking", "piss", "shit",
}  # fmt: skip
GOOD = {
    "amazing", "awesome", "beautiful", "best", "better", "brilliant", "excellent", "excited", "fantastic", "fine",
    "glad", "good", "great", "happy", "helpful", "like", "liked", "love", "loved", "lovely", "nice", "perfect",
    "pleased", "thank", "thanks", "wonderful",
}  # fmt: skip
BAD = {
    "angry", "annoyed", "annoying", "awful", "bad", "broken", "disappointed", "failed", "hate", "hated", "horrible",
    "poor", "problem", "sad", "slow", "sorry", "terrible", "unhappy", "upset", "useless", "worse", "worst", "wrong",
}  # fmt: skip
NEGATIONS = {
    "not", "no", "never", "isn't", "wasn't", "don't", "didn't", "can't", "cannot", "hardly",
}  # fmt: skip


class Spoken(NamedTuple):
    """What was said. channels: of the recording. sure: the probability of `language`."""

    words: Sequence[Word]
    channels: int
    language: str
    sure: float


def results(spoken: Spoken, random: Random, inputs: Inputs) -> dict[str, Any]:
    """{"results": {channels, summary?, sentiments?, utterances?}}; booleans among `inputs` may be strings of a query.

    Without punctuate or smart_format, words are lower-case and bare. multichannel gives every channel of the recording
    the same words. Options without an effect here (keyterm, filler_words, tags …) are accepted.
    """
    shown = list(_shown(spoken.words, random, inputs))
    entries = [entry for entry, _ in shown]
    channel: dict[str, Any] = {}
    searched = inputs.get("search")
    if searched:
        channel["search"] = [_search(term, entries) for term in _listed(searched)]
    alternative: dict[str, Any] = {
        "confidence": round(fmean(entry["confidence"] for entry in entries), 8) if entries else 0,
        "transcript": "".join(text for _, text in shown).strip(),
        "words": entries,
    }
    if on(inputs, "paragraphs"):
        alternative["paragraphs"] = _paragraphs(entries)
    channel["alternatives"] = [alternative]
    if on(inputs, "detect_language"):
        channel |= {"detected_language": spoken.language, "language_confidence": spoken.sure}
    found: dict[str, Any] = {"channels": [channel] * (spoken.channels if on(inputs, "multichannel") else 1)}
    if on(inputs, "utterances"):
        found["utterances"] = _utterances(entries, random, inputs)
    if on(inputs, "summarize"):
        found["summary"] = {"result": "success", "short": _summary(spoken.words)}
    if on(inputs, "sentiment"):
        found["sentiments"] = _sentiments(spoken.words)
    return {"results": found}


def on(inputs: Inputs, name: str) -> bool:
    """Whether an option is wanted, as a boolean or as the text of a query."""
    return inputs.get(name) in (True, "true", "True", "1", "v2")


def _listed(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def _shown(words: Sequence[Word], random: Random, inputs: Inputs) -> Iterator[tuple[dict[str, Any], str]]:
    """Each word's entry, and how it stands in the transcript, with the space before it."""
    punctuated = any(on(inputs, option) for option in ("punctuate", "smart_format", "paragraphs"))
    numerals = on(inputs, "numerals") or on(inputs, "smart_format")
    filtered = on(inputs, "profanity_filter")
    redacted = inputs.get("redact") not in (None, False, "false", "")
    changes = dict(each.lower().partition(":")[::2] for each in _listed(inputs.get("replace") or []))
    speakers = on(inputs, "diarize")
    speaker, before = 0, 0.0
    for word in words:
        bare = _bare(word.text)
        if not bare:
            continue
        plain = bare
        if numerals:
            plain = NUMBERS.get(plain, plain)
        if filtered and plain in PROFANE:
            plain = plain[0] + "*" * (len(plain) - 1)
        if redacted:
            plain = re.sub(r"\d", "*", plain)
        plain = changes.get(plain, plain)
        if not plain:
            continue
        whole = word.text if plain == bare else word.text.lower().replace(bare, plain)
        confidence = 1 - random.randrange(1, 64) / 1024
        entry: dict[str, Any] = {
            "word": plain,
            "start": floored(word.start, 3),
            "end": floored(word.end, 3),
            "confidence": round(confidence, 8),
        }
        if punctuated:
            entry["punctuated_word"] = whole
        if speakers:
            if before and word.start - before >= TURN:
                speaker = 1 - speaker
            entry |= {"speaker": speaker, "speaker_confidence": round(0.5 + confidence / 2.1, 6)}
        before = word.end
        yield entry, f"{' ' if word.spaced else ''}{whole if punctuated else plain}"


def _bare(text: str) -> str:
    return re.sub(r"^\W+|\W+$", "", text).lower()


def _search(query: str, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Where the words of `query` are said."""
    terms = [_bare(term) for term in query.split()]
    hits = []
    for at in range(len(entries) - len(terms) + 1):
        part = entries[at : at + len(terms)]
        if terms and [entry["word"] for entry in part] == terms:
            hits.append(
                {"confidence": 1, "start": part[0]["start"], "end": part[-1]["end"], "snippet": " ".join(terms)}
            )
    return {"query": query, "hits": hits}


def _runs(entries: Sequence[dict[str, Any]], pause: float) -> Iterator[list[dict[str, Any]]]:
    """Entries up to each pause of `pause` seconds or change of speaker."""
    run: list[dict[str, Any]] = []
    for entry in entries:
        if run and (entry["start"] - run[-1]["end"] >= pause or entry.get("speaker") != run[-1].get("speaker")):
            yield run
            run = []
        run.append(entry)
    if run:
        yield run


def _written(entries: Sequence[dict[str, Any]]) -> str:
    return " ".join(entry.get("punctuated_word", entry["word"]) for entry in entries)


def _paragraphs(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    paragraphs = []
    for run in _runs(entries, TURN):
        spoken = [Word(entry["punctuated_word"], entry["start"], entry["end"]) for entry in run]
        paragraph: dict[str, Any] = {
            "sentences": [
                {"text": " ".join(word.text for word in part), "start": part[0].start, "end": part[-1].end}
                for part in sentences(spoken)
            ],
            "num_words": len(run),
            "start": run[0]["start"],
            "end": run[-1]["end"],
        }
        if "speaker" in run[0]:
            paragraph["speaker"] = run[0]["speaker"]
        paragraphs.append(paragraph)
    texts = [" ".join(part["text"] for part in paragraph["sentences"]) for paragraph in paragraphs]
    return {"transcript": "\n" + "\n\n".join(texts), "paragraphs": paragraphs}


def _utterances(entries: Sequence[dict[str, Any]], random: Random, inputs: Inputs) -> list[dict[str, Any]]:
    try:
        pause = float(inputs.get("utt_split", UTTERANCE))
    except (TypeError, ValueError):
        pause = UTTERANCE
    utterances = []
    for run in _runs(entries, pause):
        utterance: dict[str, Any] = {
            "start": run[0]["start"],
            "end": run[-1]["end"],
            "confidence": round(fmean(entry["confidence"] for entry in run), 8),
            "channel": 0,
            "transcript": _written(run),
            "words": run,
            "id": "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}".format(*(random.getrandbits(n) for n in (32, 16, 16, 16, 48))),
        }
        if "speaker" in run[0]:
            utterance["speaker"] = run[0]["speaker"]
        utterances.append(utterance)
    return utterances


def _summary(words: Sequence[Word]) -> str:
    """The first and the longest of the other sentences."""
    said = [" ".join(word.text for word in run) for run in sentences(words)]
    longest = max(said[1:], key=len, default="")
    return " ".join(filter(None, [*said[:1], longest]))


def _sentiments(words: Sequence[Word]) -> dict[str, Any]:
    """A score from -1 to 1 for each sentence, and their average weighted by words."""
    segments = []
    at, total = 0, 0.0
    for run in sentences(words):
        score = _feeling([_bare(word.text) for word in run])
        segments.append(
            {
                "text": " ".join(word.text for word in run),
                "start_word": at,
                "end_word": at + len(run) - 1,
                "sentiment": _named(score),
                "sentiment_score": score,
            }
        )
        at += len(run)
        total += score * len(run)
    average = round(total / at, 6) if at else 0.0
    return {"segments": segments, "average": {"sentiment": _named(average), "sentiment_score": average}}


def _feeling(words: Sequence[str]) -> float:
    score = 0
    for at, word in enumerate(words):
        value = (word in GOOD) - (word in BAD)
        score += -value if NEGATIONS.intersection(words[max(0, at - 3) : at]) else value
    return round(score / (abs(score) + 1.5), 6)


def _named(score: float) -> str:
    return "positive" if score > 1 / 3 else "negative" if score < -1 / 3 else "neutral"
