"""Writing fluent sentences about a topic: openings by kind of question, sentences that carry on, poems, mails, code."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.text.words import ASKING, EDGES, STOP, VERB_LEADS

_MULTIPLIER, _INCREMENT, MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1

# {0} is the topic, {1} another word of the request; no sentence needs to know their number or gender.
OPENINGS = {
    "what": (
        "The simplest way to describe {0} is to begin with one familiar example and add the details later.",
        "The heart of {0} is a plain idea: something useful becomes easier to repeat.",
        "A good definition of {0} names the purpose first, then the parts, then the limits.",
        "In short, {0} can be understood as a practical answer to an everyday problem.",
        "The term {0} covers more than one thing, but the common core is easy to recognise.",
        "Put plainly, the point of {0} is to get a dependable result without needless effort.",
        "The essentials of {0} fit into three questions: who needs it, what goes in, and what comes out.",
    ),
    "how": (
        "A practical way to approach {0} is to start small, check the result and then widen the scope.",
        "The usual path with {0} has three steps: prepare, try a small case, and review what happened.",
        "To get {0} right, settle the goal first and let every later choice follow from that.",
        "The easiest route to {0} begins with what is already there and changes one thing at a time.",
        "Handling {0} well is mostly a matter of order: gather what you need, act, then verify.",
        "Start {0} with the smallest version that could possibly work, and only then improve on it.",
    ),
    "why": (
        "The main reason behind {0} is a trade-off between effort now and benefit later.",
        "There are several causes at work in {0}, and the strongest of them is usually the least visible.",
        "The explanation for {0} starts with how the parts influence each other.",
        "Most accounts of {0} point to the same cause: small effects that add up over time.",
        "The question of {0} has a short answer and a long one; the short one is that the incentives favour it.",
    ),
    "when": (
        "The right moment for {0} depends on how much preparation has already been done.",
        "As for the timing of {0}, early is usually better than late, and later is better than never.",
        "The timing of {0} varies, so a fixed date matters less than a clear signal to begin.",
    ),
    "where": (
        "A good place to look for {0} is wherever people already deal with it every day.",
        "The usual places for {0} are closer than most people expect.",
        "To locate {0}, begin with the most common spot and work outwards from there.",
    ),
    "who": (
        "Several people are connected with {0}, and each of them played a different part.",
        "The names linked to {0} depend on whom you ask, but the roles are well known.",
        "Credit for {0} is best shared between those who began it and those who kept it going.",
    ),
    "write": (
        "Here is a short piece on {0}, written to be clear on the first reading.",
        "Few subjects reward attention as quickly as {0}.",
        "Whoever takes a fresh look at {0} will find more than the surface suggests.",
        "Some thoughts on {0}, in the order in which they matter.",
    ),
    "which": (
        "The best choice for {0} depends on what matters most: price, speed or comfort.",
        "For {0} the sensible choice is the one that is easiest to change later.",
        "When it comes to {0}, a modest option that fits well beats an impressive one that does not.",
    ),
    "say": (
        "About {0}: the subject is broader than it looks, yet the first steps are easy.",
        "When it comes to {0}, a clear aim is worth more than a long list of options.",
        "Thanks for bringing up {0}; there is a useful way to look at it.",
        "With {0} it pays to separate what is known from what is merely assumed.",
        "That is a fair point about {0}, and it deserves a direct answer.",
        "There is a good deal to say on {0}, so here is the part that matters first.",
    ),
}
WITH_KEYWORD = (
    "It also helps to keep an eye on {1}, because small changes there have a large effect.",
    "Most people notice the difference as soon as {1} enters the picture.",
    "The connection with {1} is worth a second look, since one tends to explain the other.",
    "If {1} matters to you, decide early how much of it you need.",
    "Questions of {1} come up sooner or later, and a simple rule is enough to settle most of them.",
    "Keep {1} in mind from the beginning; it is harder to add afterwards.",
    "What you learn about {1} along the way usually pays for the time spent.",
)
GOING_ON = (
    "A common mistake is to skip the groundwork and then wonder about the results.",
    "Two details decide most cases: how often it is needed and who looks after it.",
    "It is worth writing down what you expect, so that you can compare it with what you get.",
    "The first attempt rarely is the final one, and that is perfectly normal.",
    "Costs stay predictable as long as somebody checks them once a month.",
    "Beginners do well with the standard approach; exceptions can wait.",
    "Experience shows that regular small steps beat a single large effort.",
    "The details differ from case to case, but the pattern stays the same.",
    "In practice, a short test tells you more than a long discussion.",
    "A second opinion is useful before anything is made permanent.",
    "The benefits show gradually, which is why patience is part of the method.",
    "Good sources agree on the basics and differ only in emphasis.",
)
CLOSINGS = (
    "If you tell me more about your situation, I can be more specific about {0}.",
    "That should be enough to take the next step with {0}.",
    "From here, one concrete example of {0} would be the best thing to try.",
    "Ask me about any part of {0} that you would like to see in more depth.",
    "Everything else about {0} builds on these points.",
    "With that in place, the rest of {0} becomes much easier.",
)
GREETINGS = (
    "Hello{0}! How can I help you today?",
    "Hi{0}! What would you like to talk about?",
    "Hello{0}, nice to hear from you. What can I do for you?",
    "Hi there{0}! Ask me anything you like.",
)
THANKS = (
    "You're welcome! Let me know if there is anything else.",
    "Glad I could help. Is there anything else you need?",
    "My pleasure! I am here if more questions come up.",
)
GOODBYES = (
    "Goodbye, and have a pleasant day!",
    "See you soon! It was good talking to you.",
    "Take care, and come back whenever you like.",
)
HOW_ARE_YOU = (
    "I'm doing well, thank you for asking! What can I help you with?",
    "All is well here, thanks. How are you, and what brings you here?",
    "Very well, thank you! What is on your mind today?",
)
VAGUE = (
    "I'm not sure what you mean yet. Could you give me a little more detail?",
    "Could you tell me a bit more, so that I can answer properly?",
    "I would be glad to help with that. What exactly should I look at?",
    "Let us take it one step at a time: what would you like to know first?",
)
NOT_TOLD = (
    "You haven't told me your {0} yet. If you do, I will remember it for the rest of this conversation.",
    "I don't know your {0} yet; it has not come up in our conversation.",
)
NOT_IN_CONTEXT = (
    "I could not find anything about {0} in the context you gave me.",
    "The context does not say anything about {0}, so I cannot answer that from it.",
)
POEM_LINES = (
    "The morning opens softly on {0},",
    "and silence gathers where the shadows lean;",
    "a window holds the colour of {1},",
    "a small blue light in everything unseen.",
    "No map will tell how far the road may run,",
    "no clock will say how long the day may stay;",
    "yet all of {0}, when the work is done,",
    "goes home with us at the end of the day.",
)
HAIKU = (
    ("Quiet light at dawn", "{0} drifts through the open door", "one leaf turns and falls"),
    ("Rain upon the stones", "all at once I think of you,", "{0}, far away"),
    ("A long road, no sound", "then {0}, like a bell", "ringing in the mist"),
)
STORY = (
    "On the edge of a small town lived a clockmaker who thought of nothing but {0}.",
    "Every evening she opened the window, listened to the street and wrote one line about {1} in a notebook.",
    "One winter the notebook was lost, and with it, as she believed, everything she knew about {0}.",
    "A child from next door brought it back with a page added in crooked letters.",
    "It said that {0} was easier to share than to keep, and from that day on her door stood open.",
)
TITLES = ("A Fresh Look at {0}", "{0}, One Step at a Time", "What We Learned from {0}", "The Quiet Side of {0}")
LANGUAGES: dict[str, tuple[str, ...]] = {
    "german": (
        "Zum Thema „{0}“ lohnt es sich, mit einem einfachen Beispiel zu beginnen.",
        "Bei „{0}“ kommt es vor allem auf eine gute Vorbereitung an.",
        "Kurz gesagt: „{0}“ ist leichter zu verstehen, als es zunächst scheint.",
        "Wichtig ist, das Ziel zu klären und dann Schritt für Schritt vorzugehen.",
        "In der Praxis zeigt ein kleiner Versuch meist mehr als eine lange Diskussion.",
        "Gern gehe ich auf einzelne Punkte näher ein.",
    ),
    "french": (
        "Pour bien comprendre « {0} », le plus simple est de partir d'un exemple concret.",
        "En ce qui concerne « {0} », une bonne préparation fait toute la différence.",
        "En bref, « {0} » est plus facile à saisir qu'il n'y paraît.",
        "L'essentiel est de fixer un objectif, puis d'avancer pas à pas.",
        "En pratique, un petit essai apprend souvent plus qu'une longue discussion.",
        "Je peux volontiers préciser chacun de ces points.",
    ),
    "spanish": (
        "Para entender «{0}», lo mejor es empezar con un ejemplo sencillo.",
        "Cuando se trata de «{0}», una buena preparación marca la diferencia.",
        "En pocas palabras, «{0}» es más fácil de lo que parece.",
        "Lo importante es aclarar el objetivo y avanzar paso a paso.",
        "En la práctica, una prueba pequeña enseña más que una larga discusión.",
        "Con gusto puedo explicar cada punto con más detalle.",
    ),
    "italian": (
        "Per capire «{0}» conviene partire da un esempio semplice.",
        "Quando si parla di «{0}», una buona preparazione fa la differenza.",
        "In breve, «{0}» è più facile di quanto sembri.",
        "L'importante è chiarire l'obiettivo e procedere passo dopo passo.",
        "In pratica, una piccola prova insegna più di una lunga discussione.",
        "Volentieri posso approfondire ogni punto.",
    ),
    "portuguese": (
        "Para entender «{0}», o melhor é começar com um exemplo simples.",
        "Quando se trata de «{0}», uma boa preparação faz a diferença.",
        "Em poucas palavras, «{0}» é mais fácil do que parece.",
        "O importante é definir o objetivo e avançar passo a passo.",
        "Na prática, um pequeno teste ensina mais do que uma longa discussão.",
        "Posso explicar cada ponto com mais detalhe.",
    ),
    "dutch": (
        "Wie „{0}” wil begrijpen, begint het best met een eenvoudig voorbeeld.",
        "Bij „{0}” maakt een goede voorbereiding het verschil.",
        "Kort gezegd is „{0}” makkelijker dan het lijkt.",
        "Het belangrijkste is een helder doel en daarna stap voor stap te werk gaan.",
        "In de praktijk leert een kleine proef meer dan een lang gesprek.",
        "Ik licht elk punt graag verder toe.",
    ),
    "polish": (
        "Aby zrozumieć „{0}”, najlepiej zacząć od prostego przykładu.",
        "W przypadku „{0}” najważniejsze jest dobre przygotowanie.",
        "Krótko mówiąc, „{0}” to prostsza sprawa, niż się wydaje.",
        "Warto najpierw ustalić cel, a potem iść krok po kroku.",
        "Chętnie wyjaśnię każdy punkt dokładniej.",
    ),
    "russian": (
        "Чтобы понять «{0}», лучше всего начать с простого примера.",
        "Когда речь идёт о «{0}», многое зависит от подготовки.",
        "Коротко говоря, «{0}» проще, чем кажется.",
        "Сначала стоит определить цель, а затем идти шаг за шагом.",
        "Если нужно, я с радостью объясню подробнее.",
    ),
    "chinese": (
        "要理解“{0}”,最好先从一个简单的例子开始。",
        "说到“{0}”,充分的准备最为重要。",
        "简单来说,“{0}”并没有看起来那么难。",
        "先明确目标,然后一步一步地进行。",
        "如果需要,我可以进一步说明每一点。",
    ),
    "japanese": (
        "「{0}」を理解するには、まず簡単な例から始めるのがよいでしょう。",
        "「{0}」については、しっかりした準備が大切です。",
        "ひとことで言えば、「{0}」は思ったより簡単です。",
        "目標を決めて、一歩ずつ進めることが重要です。",
        "必要であれば、それぞれの点を詳しく説明します。",
    ),
    "korean": (
        "“{0}”에 대해 이해하려면 간단한 예부터 시작하는 것이 좋습니다.",
        "“{0}”에서는 준비가 가장 중요합니다.",
        "간단히 말해 “{0}”은(는) 생각보다 쉽습니다.",
        "목표를 정한 다음 한 걸음씩 나아가세요.",
        "필요하시면 더 자세히 설명해 드리겠습니다.",
    ),
    "arabic": (
        "لفهم «{0}» من الأفضل أن نبدأ بمثال بسيط.",
        "عندما يتعلق الأمر بـ«{0}» فإن الإعداد الجيد هو الأهم.",
        "باختصار، «{0}» أسهل مما يبدو.",
        "المهم هو تحديد الهدف ثم التقدم خطوة بخطوة.",
        "يسعدني أن أشرح أي نقطة بمزيد من التفصيل.",
    ),
    "hindi": (
        "«{0}» को समझने के लिए एक सरल उदाहरण से शुरू करना सबसे अच्छा है।",
        "«{0}» के मामले में अच्छी तैयारी सबसे महत्वपूर्ण है।",
        "संक्षेप में, «{0}» जितना दिखता है उससे आसान है।",
        "पहले लक्ष्य तय करें, फिर एक-एक कदम आगे बढ़ें।",
        "ज़रूरत हो तो मैं हर बिंदु को विस्तार से समझा सकता हूँ।",
    ),
}
NATIVE_GREETINGS = {
    "german": "Hallo! Wie kann ich Ihnen heute helfen?",
    "french": "Bonjour ! Comment puis-je vous aider aujourd'hui ?",
    "spanish": "¡Hola! ¿En qué puedo ayudarte hoy?",
    "italian": "Ciao! Come posso aiutarti oggi?",
    "portuguese": "Olá! Como posso ajudar hoje?",
    "dutch": "Hallo! Waarmee kan ik u vandaag helpen?",
    "polish": "Cześć! W czym mogę dziś pomóc?",
    "russian": "Здравствуйте! Чем могу помочь?",
    "chinese": "你好!今天我能帮您什么?",
    "japanese": "こんにちは!今日は何をお手伝いしましょうか?",
    "korean": "안녕하세요! 무엇을 도와드릴까요?",
    "arabic": "مرحبًا! كيف يمكنني مساعدتك اليوم؟",
    "hindi": "नमस्ते! मैं आज आपकी क्या मदद कर सकता हूँ?",
}
_KINDS = {
    "what": "what what's define explain describe",
    "how": "how help",
    "why": "why",
    "when": "when",
    "where": "where",
    "who": "who whose",
    "write": "write compose draft essay paragraph article",
    "which": "which best compare",
}
_ROLES = {  # of words that carry no subject: what kind of answer they ask for, or "@" before the subject, or nothing
    **dict.fromkeys(STOP | ASKING | {""}, ""),
    **{word: kind for kind, words in _KINDS.items() for word in words.split()},
    **dict.fromkeys(("about", "regarding", "concerning"), "@"),
}
_SOFT_STOPS = frozenset('.,;:?!)"')
_DETERMINERS = {"the": "the", "a": "a", "an": "an", "my": "your", "our": "your", "this": "this", "these": "these"}


class Subject(NamedTuple):
    """What a request is about. topic: a few of its words, "" when there is nothing to hold on to. keyword: another of
    its words, or "". kind: which openings fit."""

    topic: str
    keyword: str
    kind: str


def subject_of(said: list[str], lowered: list[str], also: frozenset[str] = frozenset()) -> Subject:
    """The subject of a request, given as its parts between spaces: as written, and in lower case without signs at
    their edges. What follows "about" is the topic, else the longest run of meaningful words, the first of equals.

    also: words without meaning beside the English ones.
    """
    runs: list[list[str]] = []
    run: list[str] = []
    best, weight, told = -1, 0, 0
    kind = before = ""
    for written, word in zip(said, lowered, strict=False):
        role = _ROLES.get(word)
        if role is not None or word in also or word[0] <= "9":
            run = []
            if role:
                if role == "@":
                    told = 5
                elif not kind:
                    kind = role
        elif run:
            run.append(written)
            if len(run) > weight:
                best, weight = len(runs) - 1, len(run)
        elif before not in VERB_LEADS or written[0].isupper():
            run = [_DETERMINERS[before], written] if before in _DETERMINERS else [written]
            runs.append(run)
            if told >= weight:
                best, weight = len(runs) - 1, told + 1
            told = 0
        if written[-1] in _SOFT_STOPS or len(run) > 5:
            run = []
        before = word
    if best < 0:
        return Subject("", "", kind or "say")
    topic = " ".join(runs[best]).strip(EDGES)
    if said[0] == runs[best][0] and topic[1:2].islower():
        topic = topic[0].lower() + topic[1:]
    keyword = " ".join(runs[best - 1]).strip(EDGES) if len(runs) > 1 else ""
    return Subject(topic, keyword, kind or "say")


def pick(state: int, options: tuple[str, ...]) -> str:
    """The option that a state points to."""
    return options[(state >> 33) % len(options)]


def advance(state: int) -> int:
    """The state after this one (a linear congruential generator of 64 bits: seeding `random` costs more than a whole
    answer may)."""
    return (state * _MULTIPLIER + _INCREMENT) & MASK


def compose(subject: Subject, state: int, sentences: int = 0) -> str:
    """A few sentences on a subject: two or three, or as many as wanted."""
    topic, keyword, kind = subject
    if not topic:
        return pick(state, VAGUE)
    openings = OPENINGS[kind]
    text = openings[(state >> 33) % len(openings)].format(topic)
    if sentences == 1:
        return text
    state = advance(state)
    bank = WITH_KEYWORD if keyword else GOING_ON
    text = f"{text} {bank[(state >> 33) % len(bank)].format(topic, keyword)}"
    if sentences > 2:
        return f"{text} {_more(topic, state, sentences - 2)}"
    if not sentences and state & 0x40000000:
        return f"{text} {CLOSINGS[(state >> 40) % len(CLOSINGS)].format(topic)}"
    return text


def _more(topic: str, state: int, sentences: int) -> str:
    start = (state >> 33) % len(GOING_ON)
    body = [
        GOING_ON[(start + i * 5) % len(GOING_ON)]
        if i % 4 != 3
        else OPENINGS["say"][(start + i) % len(OPENINGS["say"])].format(topic)
        for i in range(1, sentences)
    ]
    return " ".join([*body, pick(advance(state), CLOSINGS).format(topic)])


def in_language(language: str, subject: Subject, state: int, sentences: int = 0) -> str:
    """Sentences on a subject in one of LANGUAGES."""
    bank = LANGUAGES[language]
    if not subject.topic:
        return NATIVE_GREETINGS[language]
    first = bank[(state >> 33) % 3].format(subject.topic)
    rest = [bank[3 + ((state >> 40) + i) % (len(bank) - 3)] for i in range(max(1, (sentences or 2) - 1))]
    joint = "" if language in ("chinese", "japanese") else " "
    return first if sentences == 1 else joint.join([first, *dict.fromkeys(rest)])


def poem(subject: Subject, state: int) -> str:
    """Eight lines, or four, that name the topic."""
    topic = subject.topic or "the evening"
    start = 4 * ((state >> 33) % 2)
    lines = POEM_LINES[start:] + POEM_LINES[:start]
    return "\n".join(_capitalised(line.format(topic, subject.keyword or topic)) for line in lines)


def haiku(subject: Subject, state: int) -> str:
    """Three lines that name the topic."""
    lines = HAIKU[(state >> 33) % len(HAIKU)]
    return "\n".join(_capitalised(line.format(subject.topic or "spring")) for line in lines)


def story(subject: Subject, sentences: int = 0) -> str:
    """A very short story around the topic."""
    topic = subject.topic or "time"
    return " ".join(line.format(topic, subject.keyword or topic) for line in STORY[: sentences or 5])


def mail(subject: Subject, state: int) -> str:
    """A polite message about the topic, with a subject line."""
    topic = subject.topic or "our conversation"
    body = compose(Subject(topic, subject.keyword, "say"), state)
    return (
        f"Subject: {_capitalised(topic)}\n\nHello,\n\nI am writing to you about {topic}. {body}\n\nKind regards,\nAlex"
    )


def title(subject: Subject, state: int) -> str:
    """A title for something about the topic."""
    return pick(state, TITLES).format((subject.topic or "everyday things").title())


def code(language: str, subject: Subject) -> str:
    """A small function or query named after the topic, fenced as Markdown."""
    words = [
        word for word in "".join(c if c.isalnum() else " " for c in subject.topic.lower()).split() if word.isascii()
    ]
    name = "_".join(words[:3]) or "solve"
    name = name if name[0].isalpha() else f"do_{name}"
    camel = name.split("_")[0] + "".join(word.title() for word in name.split("_")[1:])
    about = subject.topic or "the given values"
    body = {
        "python": f'def {name}(values):\n    """Handle {about}."""\n    return [value for value in '
        f"values if value is not None]",
        "javascript": f"// Handles {about}.\nfunction {camel}(values) {{\n  return values.filter((value) => "
        f"value != null);\n}}",
        "typescript": f"// Handles {about}.\nfunction {camel}<T>(values: (T | null)[]): T[] {{\n"
        "  return values.filter((value): value is T => value !== null);\n}",
        "sql": f"-- {about}\nSELECT *\nFROM {name}\nWHERE created_at >= CURRENT_DATE - 30\nORDER BY "
        f"created_at DESC\nLIMIT 10;",
        "bash": f'#!/usr/bin/env bash\n# {about}\nset -euo pipefail\nfor value in "$@"; do\n  echo '
        f'"{name}: $value"\ndone',
    }[language]
    return f"Here is a short version that handles {about}:\n\n```{language}\n{body}\n```"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
