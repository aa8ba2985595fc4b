"""Does a rule speak for this call, and if not, what missed.

A match is an object whose keys say where to look and whose values say what is wanted there:

* ``model``: a glob, or a list of globs. ``task``: as Cloudflare spells it. ``surface``: ``native`` ... ``stream``.
* ``inputs.<path>``: a path into the inputs, steps separated by dots, list positions as numbers (negative from the end):
  ``inputs.messages.-1.content``. ``inputs``: all of them, as they are without ``stream`` and ``stream_options``.
* ``last.role``, ``last.content``: of what was said last, in whatever form. ``headers.<name>``.
* ``call``: the number of the call among those that the rest speaks for, where somebody counts them.
* ``any_of``, ``all_of`` (lists of matches) and ``not`` (a match).

A wanted scalar or list is equality; an object is conditions, all of which must hold (``CONDITIONS``).
"""

from __future__ import annotations

from mock_server.matching.conditions import ABSENT, CONDITIONS, BadMatch, escaped, near, same, text_of
from mock_server.matching.index import SHORTEST, Index, Ranked, Texts
from mock_server.matching.places import Place, Step, last_said, look, place
from mock_server.matching.rules import SURFACES, Check, Group, Match, Miss, compile_match

__all__ = [
    "ABSENT",
    "CONDITIONS",
    "SHORTEST",
    "SURFACES",
    "BadMatch",
    "Check",
    "Group",
    "Index",
    "Match",
    "Miss",
    "Place",
    "Ranked",
    "Step",
    "Texts",
    "compile_match",
    "escaped",
    "last_said",
    "look",
    "near",
    "place",
    "same",
    "text_of",
]
