"""Signs that a message is spam, and that a domain name was made by a machine: above 0 for more likely than not."""

from __future__ import annotations

import math
import re
from collections import Counter

_LURES = re.compile(
    r"\b(free|winner|won|win|prize|cash|claim|urgent|act now|limited time|click (?:here|below|the link)|"
    r"congratulations|guaranteed?|risk[- ]free|offer|discount|cheap|buy now|subscribe|bonus|credit card|loan|viagra|"
    r"lottery|bitcoin|investment|earn|income|100%|txt|call now|verify your account|password|selected|exclusive|"
    r"unsubscribe|weight loss|casino|jackpot|gift card|reply (?:yes|stop))\b",
    re.I,
)
_LINK = re.compile(r"https?://|www\.|\bbit\.ly\b", re.I)
_COMMON_PAIRS = frozenset(  # of letters in English words and names
    """th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri
    ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut
    ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi
    ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do uc bu ei ov
    by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi
    rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip ub oi rl gu dr hr
    cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn gs dy
    hy ze ks xt bs ik dd rp sk xi oe oy ws""".split()
)


def looks_like_spam(text: str) -> float:
    """About -1.5 for an ordinary message, 1 and more for one that lures."""
    lures = len(_LURES.findall(text))
    loud = sum(1 for word in text.split() if len(word) > 2 and word.isupper())
    signs = 0.8 * lures + 0.8 * len(_LINK.findall(text)) + 0.4 * min(loud, 4)
    signs += 0.5 * len(re.findall(r"[£$€]\s?\d|!{2,}|\b\d{5,}\b", text))
    return signs - 1.5


def looks_generated(domain: str) -> float:
    """About -1.5 for a domain name made of words, 1 and more for one of letters at random."""
    name = re.sub(r"^(?:\w+://)?(?:www\.)?", "", domain.strip().lower())
    name = max(name.split("/")[0].split(".")[:-1] or [name], key=len)
    if len(name) < 6:
        return -1.0
    pairs = [name[at : at + 2] for at in range(len(name) - 1)]
    odd = sum(pair not in _COMMON_PAIRS for pair in pairs) / len(pairs)
    entropy = -sum(times / len(name) * math.log2(times / len(name)) for times in Counter(name).values())
    longest = max((len(run) for run in re.findall(r"[bcdfghjklmnpqrstvwxz0-9]+", name)), default=0)
    return 6 * (odd - 0.3) + 0.5 * (longest - 4) + 0.6 * (entropy - 3.2)
