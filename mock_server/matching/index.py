"""Rules in order, so arranged that the first one that speaks is found without asking every one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

from mock_server.catalog import Model
from mock_server.exchange import Call
from mock_server.matching.conditions import text_of
from mock_server.matching.places import Place
from mock_server.matching.rules import Match

# How texts are found: least length of the text, letters in a row that are looked for, and how far apart. As many runs
# of letters side by side are known of a text, so that one of them is met wherever it stands.
RUNS = ((11, 8, 4), (6, 4, 3), (3, 3, 1))
SHORTEST = 3
MODELS = 1000  # whose lists are kept: names outside the catalog can be any number

Rule = TypeVar("Rule")


class Ranked(NamedTuple, Generic[Rule]):
    """A rule and its place in the order."""

    rank: int
    match: Match
    rule: Rule


class Concerned(NamedTuple, Generic[Rule]):
    """What of an index concerns one model: the rules that are asked one by one, and the places worth a look."""

    rest: list[Ranked[Rule]]
    exact: list[tuple[Place, dict[Any, list[Ranked[Rule]]]]]
    texts: list[tuple[Place, Texts[Rule]]]


class Texts(Generic[Rule]):
    """Rules that want a text to stand somewhere at one place, found by some letters of it."""

    def __init__(self) -> None:
        self.rules: list[tuple[str, Ranked[Rule]]] = []
        self._runs: dict[tuple[int, int], dict[str, list[tuple[str, Ranked[Rule]]]]] = {}

    def add(self, text: str, ranked: Ranked[Rule]) -> None:
        """A rule that wants `text`, of at least SHORTEST letters."""
        self.rules.append((text, ranked))
        letters, step = next((letters, step) for least, letters, step in RUNS if len(text) >= least)
        runs = self._runs.setdefault((letters, step), {})

        def neighbours(start: int) -> list[str]:
            return [text[at : at + letters] for at in range(start, start + step)]

        # Many texts begin alike: the letters that the fewest share so far tell most.
        starts = range(min(len(text), 48) - letters - step + 2)
        least = min(starts, key=lambda start: sum(len(runs.get(run, ())) for run in neighbours(start)))
        for run in neighbours(least):
            runs.setdefault(run, []).append((text, ranked))

    def find(self, actual: Any) -> list[Ranked[Rule]]:
        """Rules whose text is there, in any order."""
        text = text_of(actual)
        if text is None:
            if not isinstance(actual, list):
                return []
            text = "\0".join(item for item in actual if isinstance(item, str))
        if len(text) > 2 * len(self.rules):
            return [ranked for part, ranked in self.rules if part in text]
        found: dict[int, Ranked[Rule]] = {}
        for (letters, step), runs in self._runs.items():
            for at in range(0, len(text) - letters + 1, step):
                run = text[at : at + letters]
                if run in runs:
                    found |= {ranked.rank: ranked for part, ranked in runs[run] if part in text}
        return list(found.values())


class Index(Generic[Rule]):
    """Rules in order.

    Those that want a scalar, or a text of a few letters, at some place are found by what stands there:
    thousands of them cost a look at each such place. The others are asked one by one, if they concern the model.
    """

    def __init__(self, rules: Iterable[tuple[Match, Rule]]) -> None:
        self._exact: dict[Place, dict[Any, list[Ranked[Rule]]]] = {}
        self._texts: dict[Place, Texts[Rule]] = {}
        self._rest: list[Ranked[Rule]] = []
        self._of_models: dict[tuple[str, str], Concerned[Rule]] = {}
        for rank, (match, rule) in enumerate(rules):
            ranked = Ranked(rank, match, rule)
            key = next((check.key for check in match.checks if check.key is not None), None)
            text = max(match.checks, key=lambda check: len(check.part), default=None)
            if key is not None:
                self._exact.setdefault(key[0], {}).setdefault(_hashed(key[1]), []).append(ranked)
            elif text is not None and len(text.part) >= SHORTEST:
                self._texts.setdefault(text.place, Texts()).add(text.part, ranked)
            else:
                self._rest.append(ranked)

    def first(self, call: Call) -> Rule | None:
        """The first rule that speaks for a call."""
        return next(self.speaking(call), None)

    def speaking(self, call: Call) -> Iterator[Rule]:
        """The rules that speak for a call, in order."""
        model = call.model
        concerned = self._concerning(model)
        found: list[Ranked[Rule]] = []
        for place, values in concerned.exact:
            actual = place.of(call)
            if isinstance(actual, str | int | float):  # booleans are ints
                found += values.get(_hashed(actual), ())
        for place, texts in concerned.texts:
            found += texts.find(place.of(call))
        if found:
            found = [ranked for ranked in found if ranked.match.concerns(model.name, model.task)]
        candidates = sorted([*concerned.rest, *found], key=_rank) if found else concerned.rest
        for ranked in candidates:
            if ranked.match.speaks(call):
                yield ranked.rule

    def _concerning(self, model: Model) -> Concerned[Rule]:
        key = (model.name, model.task)
        found = self._of_models.get(key)
        if found is None:
            if len(self._of_models) >= MODELS:
                self._of_models.clear()

            def concerns(ranked: Ranked[Rule]) -> bool:
                return ranked.match.concerns(*key)

            found = self._of_models[key] = Concerned(
                [ranked for ranked in self._rest if concerns(ranked)],
                [
                    (place, values)
                    for place, values in self._exact.items()
                    if any(concerns(ranked) for rules in values.values() for ranked in rules)
                ],
                [
                    (place, texts)
                    for place, texts in self._texts.items()
                    if any(concerns(ranked) for _, ranked in texts.rules)
                ],
            )
        return found


def _rank(ranked: Ranked[Any]) -> int:
    return ranked.rank


def _hashed(scalar: Any) -> tuple[bool, Any]:
    """A scalar as a key: true is not 1."""
    return type(scalar) is bool, scalar
