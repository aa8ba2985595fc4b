"""What to say: reads a conversation, finds out what is wanted, and lets the room that can do it do it.

One look at the words of the request decides which rooms are asked; a request without any such word is answered by
writing about its subject, which is the common and the fast case.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mock_server.text import instructions, retrieval, rewriting, writing
from mock_server.text.conversation import Conversation
from mock_server.text.manners import FOREIGN, NAMED, Manner, Rules, language_of, manner_of, merged, rules_of
from mock_server.text.retrieval import Passage, Source
from mock_server.text.words import EDGES, parts_of_text
from mock_server.text.writing import Subject

_LONG = 1500  # characters; of longer requests the beginning and the end are read as instructions
_HINTS = {
    "greet": "hello hi hey hallo hola bonjour howdy greetings morning afternoon evening yo ciao salut",
    "thanks": "thanks thank thx cheers",
    "bye": "bye goodbye farewell",
    "exact": "reply respond answer say output return print echo repeat exactly only just verbatim",
    "sum": "plus minus times divided divide multiply multiplied sum product percent root calculate",
    "count": "count many",
    "transform": "uppercase lowercase upper-case lower-case upper lower caps capitalize capitalise reverse "
    "backwards sort alphabetically alphabetical titlecase title-case",
    "list": "dozen couple few several "
    + " ".join(word for word, n in instructions.NUMBERS.items() if 1 < n < 101 and " " not in word),
    "classify": "classify sentiment classification categorize categorise category label positive",
    "choice": "or",
    "capital": "capital",
    "identity": "yourself model who",
    "form": "poem poems verse rhyme haiku story tale email e-mail letter memo title headline joke code function "
    "script program snippet python javascript typescript sql query bash",
    "manner": "sentence sentences words paragraph paragraphs short brief briefly concise concisely detail detailed "
    "details essay long bulleted bullet bullets points uppercase lowercase caps tl;dr depth thorough thoroughly yes "
    "english german french spanish italian portuguese dutch polish russian chinese mandarin japanese korean "
    "arabic hindi deutsch français espagnol español italiano",
    "summary": "summarize summarise summary summaries tl;dr tldr",
    "translate": "translate translation",
    "recall": "my i'm previous before earlier first last ask asked say said told mentioned remember",
    "foreign": "und nicht ist wie ich ein eine das für können bitte warum quel quelle les est une comment pourquoi "
    "je vous qué cómo cuál los por para está puedes una perché cosa sono della quanto como você não está são "
    "uma het een wat hoe zijn jest nie jak dlaczego",
}
_CUES: dict[str, set[str]] = {}
for _hint, _cues in _HINTS.items():
    for _cue in _cues.split():
        _CUES.setdefault(_cue, set()).add(_hint)
_QUESTION_START = frozenset(
    "what what's who who's whose whom when where which why how is are was were do does "
    "did can could will would should has have tell".split()
)
_LABELLED = re.compile(
    r"(?:^|\n)[ \t]*(?:#+ *)?(?:user )?(?:question|query|q)[ \t]*[:\n][ \t]*(.+?)[ \t]*"
    r"(?=\n[ \t]*(?:answer|a)[ \t]*:|\Z)",
    re.I | re.S,
)
_STATED = re.compile(
    r"\b(?:my \w+(?: \w+)? (?:is|are|was)|i(?:'m| am| live| work| have| like| love| "
    r"prefer| was| need| speak| own)|remember|note) ?\b",
    re.I,
)
_EARLIER = re.compile(r"\b(?:first|previous|last) (?:question|message)\b|what did i (?:just )?(?:ask|say)", re.I)
_POINTING = frozenset(("it", "that", "this", "them", "they"))
_ASKED_MINE = re.compile(
    r"\b(?:what(?:'s| is| are| was|) |who(?:'s| is) |when(?:'s| is) |where(?:'s| is) |"
    r"remember |know |tell me )my (?:own )?((?:favou?rite )?[a-z]+(?: number| address)?)",
    re.I,
)
_FIGURES = re.compile(r"\d[^0-9.,]+\d|root|of \d", re.I)  # what a sum has at least
_CODE = (
    ("python", "python"),
    ("typescript", "typescript"),
    ("javascript", "javascript"),
    ("js", "javascript"),
    ("sql", "sql"),
    ("query", "sql"),
    ("bash", "bash"),
    ("shell", "bash"),
)


class Said(NamedTuple):
    """An answer. route: how it came about, for the thoughts of a reasoning model. subject: what it is about."""

    text: str
    route: str
    subject: Subject


def answer(conversation: Conversation, state: int, name: str) -> Said:
    """The answer to a conversation. state: 64 bits that decide between equals. name: the model's, for introductions."""
    text = conversation.request
    if len(text) > _LONG:
        text = f"{text[:700]}\n{text[-700:]}"
    said, lowered = parts_of_text(text)
    cues = [_CUES[word] for word in lowered if word in _CUES]
    if not cues and len(conversation.turns) == 1 and len(said) < 30 and text.isascii() and not _DIGIT.search(text):
        subject = writing.subject_of(said, lowered)
        if lowered and lowered[0] in _VERDICTS:
            return _verdict(subject, state)
        return Said(writing.compose(subject, state), "writing", subject)
    return _considered(conversation, text, said, lowered, set().union(*cues), state, name)


_VERDICTS = frozenset("is are was were do does did can could will would should has have am isn't aren't".split())


def _verdict(subject: Subject, state: int) -> Said:
    word = "Yes" if state & 0x100000000 else "No"
    rest = writing.compose(subject, state, 2)
    lead = "in most cases" if word == "Yes" else "not as a rule"
    return Said(f"{word}, {lead}. {rest}", "verdict", subject)


def _considered(
    conversation: Conversation, text: str, said: list[str], lowered: list[str], hints: set[str], state: int, name: str
) -> Said:
    system = "\n".join([turn.text for turn in conversation.turns if turn.role == "system"])
    rules = rules_of(system)
    question, rest = _question_in(conversation.request)
    question = question[:_LONG] if rest else text
    subject = _subject_in_context(conversation, said, lowered, question if rest else "")
    if rules.always:
        return Said(rules.always, "rule", subject)
    manner = rules.manner
    strange = "foreign" in hints or not text.isascii()
    if strange or "manner" in hints or "translate" in hints:
        manner = merged(manner, manner_of(text), language_of(text, lowered) if strange else "")
    if _DIGIT.search(text):
        hints = hints | ({"sum", "list"} if _FIGURES.search(text) else {"list"})
    found = _followed(conversation, text, lowered, hints, subject, manner, state, name) if hints else None
    if found is None and (rest or "recall" in hints or len(conversation.turns) > 1):
        found = _remembered(conversation, question, rest, lowered, hints, rules, subject, manner, state)
    if found is None:
        found = _written(text, lowered, subject, manner, state)
    return found if manner.case == "" else found._replace(text=_cased(found.text, manner.case))


def _followed(
    conversation: Conversation,
    text: str,
    lowered: list[str],
    hints: set[str],
    subject: Subject,
    manner: Manner,
    state: int,
    name: str,
) -> Said | None:
    """What simple instructions ask for, or None."""
    if "exact" in hints and (exact := instructions.exact_reply(text)) is not None:
        return Said(exact, "exact", subject)
    if len(lowered) <= 8 and (small := _small_talk(conversation, lowered, hints, manner, state)):
        return Said(small, "greeting", subject)
    if "identity" in hints and re.search(
        r"who are you|about yourself|introduce yourself|(?:which|what) (?:language |ai )*model", text, re.I
    ):
        return Said(_introduction(conversation, name), "identity", subject)
    if "capital" in hints and (capital := instructions.capital(text)):
        return Said(capital, "fact", subject)
    if "count" in hints and (counted := instructions.count_up(text) or instructions.count_in(text)):
        return Said(counted, "counting", subject)
    if "sum" in hints and (total := instructions.answer_sum(text)):
        return Said(total, "arithmetic", subject)
    if "transform" in hints and (changed := instructions.transform(text)):
        return Said(changed, "transform", subject)
    if "classify" in hints and (label := instructions.classify(text)):
        return Said(label, "classify", subject)
    if "translate" in hints and manner.language and (translated := rewriting.translation(text, manner.language)):
        return Said(translated, "translation", subject)
    if "summary" in hints and (summary := rewriting.summary(conversation, manner)):
        return Said(summary, "summary", subject)
    if "form" in hints and (formed := _form(text, lowered, subject, manner, state)):
        return Said(formed, "form", subject)
    if "list" in hints and not manner.language:
        items = instructions.items_of(text, subject, state)
        if items:
            lines = [f"- {item}" if manner.bullets else f"{i}. {item}" for i, item in enumerate(items, 1)]
            return Said("\n".join(lines), "list", subject)
    if "choice" in hints and (chosen := instructions.choice(text, state)):
        return Said(chosen, "choice", subject)
    return None


def _remembered(
    conversation: Conversation,
    question: str,
    rest: str,
    lowered: list[str],
    hints: set[str],
    rules: Rules,
    subject: Subject,
    manner: Manner,
    state: int,
) -> Said | None:
    """What earlier turns, the system prompt or the context around the question say, or None."""
    if "?" not in question and not (lowered and lowered[0] in _QUESTION_START):
        if len(question) < 400 and _STATED.search(question):
            return _noted(question, state, subject)
        return None
    if "recall" in hints and _EARLIER.search(question):
        asked = [turn.text for turn in conversation.turns[: conversation.at] if turn.role == "user"]
        if asked:
            return Said(f'You said: "{asked[0 if "first" in question.lower() else -1]}"', "fact", subject)
    sources = [
        Source(turn.text, turn.role) for i, turn in enumerate(conversation.turns) if turn.text and i != conversation.at
    ]
    if rest:
        sources.append(Source(rest, "user" if len(rest) < 300 and _STATED.search(rest) else "context"))
    if sources and (passages := retrieval.find(question, sources)):
        return Said(_quoted(passages, manner, state), "recall", subject)
    grounded = rules.grounded or (bool(rest) and sources[-1].kind == "context")
    if not grounded and "recall" in hints and (mine := _ASKED_MINE.search(question)):
        return Said(writing.pick(state, writing.NOT_TOLD).format(mine.group(1)), "unknown", subject)
    if grounded:
        otherwise = rules.otherwise or rules_of(rest).otherwise
        return Said(
            otherwise or writing.pick(state, writing.NOT_IN_CONTEXT).format(subject.topic or "that"), "unknown", subject
        )
    return None


def _quoted(passages: list[Passage], manner: Manner, state: int) -> str:
    best = passages[0]
    text = retrieval.turned(best)
    if best.kind in ("user", "assistant"):
        return text
    also = [p for p in passages[1:2] if p.kind == best.kind and p.score > 0.85 * best.score and p.text != best.text]
    if also and manner.sentences != 1 and best.score < 1.2:
        text = f"{text} {retrieval.turned(also[0])}"
    if best.kind == "system" and text != best.text:
        return text
    if manner.sentences == 1 or manner.words:
        return text
    return writing.pick(
        state,
        ("{0}", "According to the context: {0}", "The context answers this: {0}", "{0} That is what the context says."),
    ).format(text)


def _written(text: str, lowered: list[str], subject: Subject, manner: Manner, state: int) -> Said:
    """Sentences on the subject in the manner that is wanted."""
    if manner.verdict:
        return Said("Yes." if state & 0x100000000 else "No.", "verdict", subject)
    if manner.language:
        if not text.isascii() or manner.language in FOREIGN:
            subject = writing.subject_of(text.split(), lowered, FOREIGN.get(manner.language, NAMED) | NAMED)
        return Said(writing.in_language(manner.language, subject, state, manner.sentences), "writing", subject)
    if manner.bullets:
        entries = instructions.entries(subject.topic or "this", manner.sentences or 3, subject, state)
        return Said("\n".join(f"- {entry}" for entry in entries), "list", subject)
    if lowered and lowered[0] in _VERDICTS and text.rstrip().endswith("?") and manner.sentences != 1:
        return _verdict(subject, state)
    sentences = manner.sentences or (max(2, round(manner.words / 15)) if manner.words else 0)
    if manner.sentences < 0:
        sentences = 9
    written = writing.compose(subject, state, sentences)
    if manner.words:
        written = _within(written, manner.words)
    return Said(written, "writing", subject)


def _subject_in_context(conversation: Conversation, said: list[str], lowered: list[str], question: str) -> Subject:
    """The subject of the request, or of the turn before where the request names none ("tell me more").

    question: the question alone, of a request that brings its own context.
    """
    if question:
        said, lowered = parts_of_text(question)
    subject = writing.subject_of(said, lowered)
    if subject.topic and not (len(lowered) < 5 and not _POINTING.isdisjoint(lowered)):
        return subject
    for turn in reversed(conversation.turns[: max(conversation.at, 0)]):
        if turn.role == "user":
            earlier = writing.subject_of(*parts_of_text(turn.text[:_LONG]))
            if earlier.topic:
                return earlier._replace(keyword=subject.topic or earlier.keyword, kind=subject.kind)
    return subject


def _question_in(text: str) -> tuple[str, str]:
    """(question, everything else) of a request that brings its own context; (text, "") of one that does not."""
    if "\n" in text and (found := _LABELLED.search(text)):
        return found.group(1).strip(), (text[: found.start()] + "\n" + text[found.end() :]).strip()
    if "?" not in text or len(text) < 30:
        return text, ""
    end = text.rfind("?") + 1
    start = max(
        (at + len(mark) for mark in (". ", "! ", "? ", "\n") if (at := text.rfind(mark, 0, end - 1)) >= 0), default=0
    )
    question = text[start:end].strip()
    rest = (text[:start] + text[end:]).strip()
    return (question, rest) if len(rest) > 12 else (text, "")


def _small_talk(
    conversation: Conversation, lowered: list[str], hints: set[str], manner: Manner, state: int
) -> str | None:
    joined = " ".join(lowered)
    if manner.language and "greet" in hints and len(lowered) < 5:
        return writing.NATIVE_GREETINGS[manner.language]
    if re.search(r"\bhow are you\b|\bhow's it going\b|\bhow do you do\b|\bwhat's up\b", joined):
        return writing.pick(state, writing.HOW_ARE_YOU)
    if "greet" in hints and "greet" in _CUES.get(lowered[0], "greet"):
        name = re.search(r"\b(?:i'm|i am|my name is|this is) ([a-zà-ÿ]+)", joined)
        if name:
            return writing.pick(state, writing.GREETINGS).format(f", {name.group(1).title()}")
        if all("greet" in _CUES.get(word, ()) or word in _SMALL_WORDS for word in lowered):
            return writing.pick(state, writing.GREETINGS).format("")
    if "thanks" in hints and len(lowered) < 7:
        return writing.pick(state, writing.THANKS)
    if "bye" in hints or joined == "see you":
        return writing.pick(state, writing.GOODBYES)
    return None


_SMALL_WORDS = frozenset("there good again everyone all friend assistant dear you world ai bot".split())


def _introduction(conversation: Conversation, name: str) -> str:
    for turn in conversation.turns:
        if turn.role == "system" and (found := re.search(r"\byou(?: are|'re) [^.\n]+", turn.text, re.I)):
            return retrieval.turned(Passage(found.group(), "system", 1.0))
    return f"I am {name}, as played by an emulator: a language model's place is taken here by a small engine of rules."


def _noted(text: str, state: int, subject: Subject) -> Said:
    fact = retrieval.turned(Passage(text.strip(), "user", 1.0))
    lead = writing.pick(state, ("Noted: ", "Good to know: ", "I will keep that in mind: ", "Understood: "))
    return Said(lead + fact[:1].lower() + fact[1:], "noted", subject)


def _form(text: str, lowered: list[str], subject: Subject, manner: Manner, state: int) -> str | None:
    kinds = set(lowered)
    plain = subject._replace(topic=_without_form(subject.topic), keyword=_without_form(subject.keyword))
    if not plain.topic and plain.keyword:
        plain = plain._replace(topic=plain.keyword, keyword="")
    if "haiku" in kinds:
        return writing.haiku(plain, state)
    if kinds & {"poem", "poems", "verse", "rhyme"}:
        return writing.poem(plain, state)
    if kinds & {"story", "tale"} and not kinds & {"user", "what", "why"}:
        return writing.story(plain, max(manner.sentences, 0))
    if "joke" in kinds:
        topic = plain.topic or "a programmer"
        return f"Why did {topic} cross the road? Because the tests were green on the other side."
    if kinds & {"email", "e-mail", "letter", "memo"} and kinds & {"write", "draft", "compose"}:
        return writing.mail(plain, state)
    if kinds & {"title", "headline"} and kinds & {"write", "generate", "give", "suggest", "create", "conversation"}:
        return writing.title(plain, state)
    if kinds & {"code", "function", "script", "program", "snippet", "query"} and kinds & {
        "write",
        "create",
        "generate",
        "give",
        "implement",
        "show",
    }:
        language = next((language for word, language in _CODE if word in kinds), "python")
        task = re.search(r"\b(?:that|to|which)\s+(\w+ing\b|\w+)\s+(.{2,60}?)[.?!\n]*$", text)
        return writing.code(language, plain._replace(topic=f"{task.group(1)} {task.group(2)}") if task else plain)
    return None


_DIGIT = re.compile("[0-9]")
_FORMS = re.compile(
    r"\b(?:poems?|verse|rhyme|haiku|story|tale|e-?mail|letter|memo|title|headline|joke|"
    r"code|function|script|program|snippet|python|javascript|typescript|sql|query|bash)"
    r"\b\s*",
    re.I,
)


def _without_form(topic: str) -> str:
    return re.sub(r"^(?:an?|the|this)\b\s*(?!\w)", "", _FORMS.sub("", topic)).strip()


def _within(text: str, limit: int) -> str:
    parts = text.split()
    if len(parts) <= limit:
        return text
    text = " ".join(parts[:limit])
    end = text.rfind(".", len(text) // 2)
    return text[: end + 1] if end > 0 else text.rstrip(EDGES) + "."


def _cased(text: str, case: str) -> str:
    return text.upper() if case == "upper" else text.lower()
