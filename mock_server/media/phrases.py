"""What is heard in a recording that does not tell its words: everyday sentences; and which language a text is in."""

from __future__ import annotations

import re
from random import Random

# One sentence a line; lengths from one word to a dozen, so that any number of words can be made up of them.
SENTENCES = {
    "en": """\
Yes.
Thank you.
That sounds good.
Let me think about it.
I will call you back tomorrow.
Could you say that once more, please?
The meeting starts at nine in the morning.
We looked at the numbers again last night.
The train to the coast leaves from platform four.
I think we should try it before the weekend.
She asked whether the report would be ready by Friday.
Most of the work is done, but some questions are open.
If it keeps raining like this, we had better stay at home.
Please send me the address, and I will be there on time.
The new office is brighter, and everybody has more room to work.
It took a while, but in the end everything fell into place.
""",
    "es": """\
Sí.
Muchas gracias.
Me parece bien.
Déjame pensarlo un momento.
Te llamo mañana por la tarde.
La reunión empieza a las nueve en punto.
Creo que deberíamos probarlo antes del viernes.
Casi todo está listo, pero quedan algunas preguntas por resolver.
""",
    "fr": """\
Oui.
Merci beaucoup.
Ça me va.
Laissez-moi y réfléchir.
Je vous rappelle demain matin.
La réunion commence à neuf heures précises.
Je crois que nous devrions essayer avant vendredi.
Presque tout est prêt, mais il reste encore quelques questions.
""",
    "de": """\
Ja.
Vielen Dank.
Das klingt gut.
Ich denke darüber nach.
Ich rufe dich morgen zurück.
Die Besprechung beginnt morgen um neun Uhr.
Wir sollten das noch vor dem Wochenende ausprobieren.
Das meiste ist fertig, aber ein paar Fragen sind noch offen.
""",
    "it": """\
Sì.
Grazie mille.
Mi sembra giusto.
Ci penso un attimo.
Ti richiamo domani mattina presto.
La riunione comincia alle nove in punto.
Penso che dovremmo provarlo prima di venerdì.
""",
    "pt": """\
Sim.
Muito obrigado.
Parece uma boa ideia.
Deixe-me pensar um pouco.
Eu ligo para você amanhã cedo.
A reunião começa às nove da manhã.
Acho que devemos tentar antes do fim de semana.
""",
    "nl": """\
Ja.
Dank je wel.
Dat klinkt goed.
Ik denk er even over na.
Ik bel je morgen wel terug.
De vergadering begint morgen om negen uur.
""",
    "ja": """\
はい。
ありがとうございます。
少し考えさせてください。
会議は明日の朝九時に始まります。
""",
    "zh": """\
好的。
谢谢你。
让我想一想。
会议明天早上九点开始。
""",
}

# Words that hardly appear in the other languages.
TELLING = {
    "en": "the and is are was were this that with you have not what for from would there",
    "es": "el los las una que está por con para como pero muy más qué usted hola gracias",
    "fr": "le les des une est et pour avec dans vous nous pas je sur bonjour merci",
    "de": "der die das und ist nicht ein eine ich mit auf für wir sie auch hallo danke",
    "it": "il gli della che non per sono con una questo più anche ciao grazie",
    "pt": "os uma que não com para por mais você muito está olá obrigado também",
    "nl": "het een van niet dat zijn voor met ook maar naar hallo wij ik wel dank uur",
}
SCRIPTS = (
    (re.compile("[\u3040-\u30ff]"), "ja"),
    (re.compile("[\uac00-\ud7af]"), "ko"),
    (re.compile("[\u4e00-\u9fff]"), "zh"),
    (re.compile("[\u0400-\u04ff]"), "ru"),
    (re.compile("[\u0600-\u06ff]"), "ar"),
    (re.compile("[\u0590-\u05ff]"), "he"),
    (re.compile("[\u0900-\u097f]"), "hi"),
    (re.compile("[\u0370-\u03ff]"), "el"),
    (re.compile("[\u0e00-\u0e7f]"), "th"),
)
NAMES = {
    "english": "en", "spanish": "es", "french": "fr", "german": "de", "italian": "it", "portuguese": "pt",
    "dutch": "nl", "japanese": "ja", "chinese": "zh",
}  # fmt: skip


def code(language: str) -> str:
    """The two-letter code of a language given as a code, a locale or an English name: "en-US" is "en"."""
    plain = language.strip().lower()
    return NAMES.get(plain) or re.split("[-_]", plain)[0]


def language_of(text: str) -> str:
    """The code of the language of `text`, by its script or its commonest words; "en" when nothing tells."""
    for script, found in SCRIPTS:
        if script.search(text):
            return found
    words = set(re.findall(r"[^\W\d_]+", text.lower()))
    return max(TELLING, key=lambda each: len(words.intersection(TELLING[each].split())))


def plausible(language: str, count: int, random: Random) -> str:
    """About `count` words of everyday sentences, never fewer than one. Languages without sentences here get English."""
    text = SENTENCES.get(language, SENTENCES["en"])
    between = "" if language in ("ja", "zh") else " "
    bank = [(line, len(line) if not between else len(line.split())) for line in text.splitlines()]
    said: list[str] = []
    left = max(1, count)
    while left > 0:
        fitting = [pair for pair in bank if pair[1] <= left and pair[0] not in said[-3:]]
        if not fitting:
            break
        # Long sentences first, as people do not talk in single words.
        long = [pair for pair in fitting if pair[1] * 2 > min(left, bank[-1][1])]
        line, length = random.choice(long or fitting)
        said.append(line)
        left -= length
    return between.join(said) if said else bank[0][0]
