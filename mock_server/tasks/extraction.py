"""Extraction: Clairic's typed fields, read from a state, worked out, estimated or forecast."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any
from zlib import crc32

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result, Tokens
from mock_server.tasks.system_one import check_fields, check_size, pictures, refusal, written
from mock_server.text import distributions, fields, quantities
from mock_server.text.distributions import Bell
from mock_server.text.fields import Found, Wanted
from mock_server.text.tokens import count

FIELDS = frozenset(("model", "state", "fields", "images", "reference_date", "options"))
SPEC = frozenset(
    "type instructions unit integer decimals items min max step scale null_threshold horizon interval".split()
)
TYPES = frozenset("text number date time datetime duration list estimate forecast".split())
MOST_FIELDS, MOST_STEPS = 100, 64
NULL_THRESHOLD = 0.5
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}")
_SEASONS = {"day": 7, "month": 12, "quarter": 4, "hour": 24}


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """``{"model", "answers", "truncated", "usage"}``, one answer for each field, and ``state_text`` where asked for.

    An answer has type, value (null where p_null is over the field's null_threshold, 0.5 by default; ``guess`` then is
    what it would have been), p_null and confidence. ``span`` and ``spans`` are [start, end) in characters of the
    state; values that were worked out have none, nor have those read from a picture, which say ``source: image``.
    estimate: the median as value, mean, median, p10, p90, what lies below min and above max, and 99 quantiles where
    asked for. forecast: the medians as value, and such a distribution for each step. Dates are ISO 8601; durations are
    numbers of the field's unit (seconds without one); dates without a year, and "tomorrow", need a reference_date.
    The contract is known from clients and schemas only: which numbers the real model gives is not.

    Raises ApiError 413/5021 for a body over the window, 422/5012 for inputs that the contract excludes.
    """
    check_size(model, inputs)
    check_fields(inputs, FIELDS)
    specs = inputs.get("fields")
    if not isinstance(specs, dict) or not 1 <= len(specs) <= MOST_FIELDS:
        raise refusal("fields", f"1 to {MOST_FIELDS} fields are accepted")
    for name, spec in specs.items():
        _check(name, spec)
    seen = pictures(inputs)
    state = str(inputs.get("state") or "")
    if not state.strip() and not inputs.get("images"):
        raise refusal("state", "state must not be empty without images")
    today = _today(inputs.get("reference_date"))
    options = inputs.get("options")
    options = options if isinstance(options, dict) else {}
    answers = {
        name: _answer(name, spec, state, seen.words, today, bool(options.get("include_quantiles")), seed)
        for name, spec in specs.items()
    }
    schema = sum(8 + count(name) + count(written(spec)) for name, spec in specs.items())
    read = count(state)
    total = read + seen.tokens + schema
    value: dict[str, Any] = {"model": model.name.rpartition("/")[2], "answers": answers, "truncated": False}
    if options.get("return_state_text"):
        value["state_text"] = state
    value["usage"] = {
        "state_tokens": read,
        "image_tokens": seen.tokens,
        "schema_tokens": schema,
        "input_tokens": total,
        "output_tokens": 0,
        "passes": 1,
    }
    return Result(value, Tokens(total))


def _today(given: Any) -> date | None:
    try:
        return date.fromisoformat(str(given)) if given else None
    except ValueError:
        raise refusal("reference_date", "reference_date must be a day, YYYY-MM-DD") from None


def _check(name: str, spec: Any) -> None:
    def refuse(why: str) -> None:
        raise refusal("fields", f"{name[:80]}: {why}")

    if not _NAME.fullmatch(name):
        refuse("names begin with a letter or _ and have up to 64 letters, digits, _ . or -")
    if not isinstance(spec, dict):
        refuse("a field is an object")
    check_fields(spec, SPEC, "fields")
    kind = spec.get("type")
    if kind not in TYPES:
        refuse("unknown type")
    if kind == "list" and spec.get("items") not in ("text", "number", "date"):
        refuse("a list needs items: text, number or date")
    numeric = {"decimals": (0, 6), "horizon": (1, MOST_STEPS), "null_threshold": (0, 1), "step": None}
    for key, bounds in numeric.items():
        given = spec.get(key)
        if given is None or (key == "step" and given in ("month", "year")):
            continue
        if isinstance(given, bool) or not isinstance(given, (int, float)):
            refuse(f"{key} must be a number")
        elif bounds and not bounds[0] <= given <= bounds[1]:
            refuse(f"{key} must be {bounds[0]} to {bounds[1]}")
    low, high = spec.get("min"), spec.get("max")
    if any(bound is not None and _ordinal(bound) is None for bound in (low, high)):
        refuse("min and max are numbers or days, YYYY-MM-DD")
    if low is not None and high is not None and (type(low) is str) == (type(high) is str) and not low < high:
        refuse("min must be less than max")
    if spec.get("scale") == "log" and not isinstance(low, str) and (low or 0) <= 0:
        refuse("a log scale needs a min above 0")


def _answer(
    name: str, spec: dict[str, Any], state: str, pictured: str, today: date | None, quantiles: bool, seed: int
) -> dict[str, Any]:
    wanted = Wanted(name, str(spec.get("instructions") or ""), str(spec.get("unit") or ""))
    wobble = crc32(name.encode(), seed & 0xFFFFFFFF) / 0xFFFFFFFF
    kind = spec["type"]
    if kind == "estimate":
        return _estimated(wanted, spec, f"{state}\n{pictured}", quantiles)
    if kind == "forecast":
        return _forecast(wanted, spec, f"{state}\n{pictured}", quantiles)
    if kind == "list":
        return _listed(wanted, spec, state, pictured, today, wobble)
    found = _find(wanted, kind, state, today)
    pictured_only = False
    if found is None and pictured:
        found = _find(wanted, kind, pictured, today)
        pictured_only = found is not None
    certainty = min(0.995, found.certainty + 0.02 * wobble) if found else 0.02 + 0.05 * wobble
    p_null = round(1 - certainty, 4)
    value = _value(found.value, spec) if found else None
    answer: dict[str, Any] = {"type": kind, "value": value}
    if value is not None and p_null > _threshold(spec):
        answer |= {"value": None, "guess": value}
    answer |= {"p_null": p_null, "confidence": round(max(certainty, 1 - certainty), 4)}
    if pictured_only:
        answer |= {"span": None, "source": "image", "spell_confidence": round(0.9 + 0.09 * wobble, 4)}
    elif found and found.span and answer["value"] is not None:
        answer["span"] = list(found.span)
    return answer


def _threshold(spec: dict[str, Any]) -> float:
    given = spec.get("null_threshold")
    return NULL_THRESHOLD if given is None else float(given)


def _find(wanted: Wanted, kind: str, text: str, today: date | None) -> Found | None:
    if kind == "text":
        return fields.text_span(text, wanted)
    computed = None
    if kind == "date":
        computed = fields.date_computed(text, wanted, today)
    elif kind == "number":
        computed = fields.number_computed(text, wanted)
    return computed or fields.best_mention(text, wanted, kind, today)


def _value(value: float | str, spec: dict[str, Any]) -> float | str | int:
    """A found value as the field wants it: durations in its unit, numbers rounded."""
    if isinstance(value, str):
        return value
    if spec["type"] == "duration":
        value /= quantities.SECONDS[quantities.unit_of(str(spec.get("unit") or "second")) or "second"]
    decimals = spec.get("decimals")
    if spec.get("integer"):
        return round(value)
    value = round(value, int(decimals) if decimals is not None else 6)
    return int(value) if value == int(value) else value


def _listed(
    wanted: Wanted, spec: dict[str, Any], state: str, pictured: str, today: date | None, wobble: float
) -> dict[str, Any]:
    def look(text: str) -> list[Found]:
        if spec["items"] == "text":
            return fields.text_list(text, wanted)
        mentions = quantities.all_of(spec["items"], text, today)
        return [Found(mention.value, (mention.start, mention.end), 0.85) for mention in mentions]

    found = look(state)
    from_picture = not found and bool(pictured)
    if from_picture:
        found = look(pictured)
    certainty = min(0.99, sum(item.certainty for item in found) / len(found) + 0.02 * wobble) if found else 0.05
    value = [_value(item.value, {**spec, "type": spec["items"]}) for item in found]
    answer: dict[str, Any] = {"type": "list", "value": value or None}
    p_null = round(1 - certainty, 4)
    if value and p_null > _threshold(spec):
        answer |= {"value": None, "guess": value}
    answer |= {"p_null": p_null, "confidence": round(max(certainty, 1 - certainty), 4)}
    if from_picture and found:
        answer |= {"spans": None, "source": "image"}
    elif answer["value"]:
        answer["spans"] = [list(item.span) for item in found if item.span]
    return answer


# --- what nobody knows yet ------------------------------------------------------------------------------------------


def _ordinal(bound: Any) -> float | None:
    """A bound as a number; days are counted from the beginning of the calendar."""
    if isinstance(bound, (int, float)) and not isinstance(bound, bool):
        return float(bound)
    try:
        return float(date.fromisoformat(str(bound)).toordinal())
    except ValueError:
        return None


def _grid(spec: dict[str, Any], values: list[float]) -> tuple[tuple[float, ...], bool, bool]:
    """Grid points of an estimate, whether they are days, and whether their scale is logarithmic."""
    dated = isinstance(spec.get("min"), str) or isinstance(spec.get("max"), str)
    low, high = _ordinal(spec.get("min")), _ordinal(spec.get("max"))
    most = max(values, default=1.0)
    low = low if low is not None else min(0.0, *values, 0.0) if not dated else (high or 400.0) - 365
    high = high if high is not None else low + 365 if dated else max(low + 1, 2 * most)
    step = spec.get("step")
    if dated and step in ("month", "year"):
        start, points = date.fromordinal(int(low)), [low]
        while len(points) < distributions.MOST_POINTS:
            following = float(quantities.later(start, len(points), str(step)).toordinal())
            if following > high or following <= points[-1]:
                break
            points.append(following)
        return tuple(points), True, False
    log = spec.get("scale") == "log" and low > 0
    width = float(step) if isinstance(step, (int, float)) else 1.0 if dated else None
    return distributions.grid(low, high, width, log=log), dated, log


def _bell(wanted: Wanted, spec: dict[str, Any], text: str) -> tuple[Bell, bool, float]:
    """The distribution of an estimate, whether its points are days, and how much it rests on, 0 to 1."""
    history = fields.series(text, wanted)
    points, dated, log = _grid(spec, history)
    inside = [value for value in history if points[0] <= value <= points[-1]]
    width = points[-1] - points[0]
    if dated:
        days = [_ordinal(mention.value) or 0.0 for mention in quantities.dates(text)]
        lengths = [
            float(mention.value) / 86400 for mention in quantities.durations(text) if mention.unit in ("day", "week")
        ]
        centre = (days[0] if days else points[0]) + (sum(lengths) / len(lengths) if lengths else width / 2)
        centre, spread, rests = min(points[-1], max(points[0], centre)), width / 12, 0.6 if days else 0.2
    elif inside and log:
        centre, spread = distributions.centre_of([math.log(value) for value in inside])
        centre, spread, rests = math.exp(centre), max(spread, 0.2), 0.7
    elif inside:
        centre, spread = distributions.centre_of(inside)
        spread, rests = max(spread, width / 40), 0.75 if len(inside) > 1 else 0.5
    elif log:
        centre, spread, rests = math.sqrt(points[0] * points[-1]), math.log(points[-1] / points[0]) / 5, 0.15
    else:
        centre, spread, rests = points[0] + width / 2, width / 5, 0.15
    return distributions.bell(points, centre, spread, log=log), dated, rests


def _described(bell: Bell, spec: dict[str, Any], dated: bool, quantiles: bool) -> dict[str, Any]:
    def shown(point: float) -> Any:
        if dated:
            return date.fromordinal(round(point)).isoformat()
        return _value(
            float(f"{point:.6g}"), {"type": "number", **{k: spec[k] for k in ("integer", "decimals") if k in spec}}
        )

    answer: dict[str, Any] = {
        "mean": shown(bell.mean),
        "median": shown(bell.quantile(0.5)),
        "p10": shown(bell.quantile(0.1)),
        "p90": shown(bell.quantile(0.9)),
        "p_below": round(bell.below, 4),
        "p_above": round(bell.above, 4),
    }
    if quantiles:
        answer["quantiles"] = [shown(point) for point in bell.quantiles()]
    return answer


def _estimated(wanted: Wanted, spec: dict[str, Any], text: str, quantiles: bool) -> dict[str, Any]:
    bell, dated, rests = _bell(wanted, spec, text)
    described = _described(bell, spec, dated, quantiles)
    p_null = round(0.3 * (1 - rests), 4)
    answer = {"type": "estimate", "value": described["median"]}
    if p_null > _threshold(spec):
        answer |= {"value": None, "guess": described["median"]}
    return {**answer, "p_null": p_null, "confidence": round(0.4 + 0.5 * rests, 4), **described}


def _forecast(wanted: Wanted, spec: dict[str, Any], text: str, quantiles: bool) -> dict[str, Any]:
    horizon = int(spec.get("horizon") or 1)
    history = fields.series(text, wanted)
    points, dated, log = _grid(spec, history)
    if dated:  # a series of days: none is found in words, the grid is walked through evenly
        history = []
    seasons = _SEASONS.get(str(spec.get("interval") or ""), 0)
    steps = []
    for centre, spread in distributions.continued(history or [(points[0] + points[-1]) / 2], horizon, seasons):
        middle = min(points[-1], max(points[0], centre))
        width = max(0.05, spread / max(abs(middle), 1e-9)) if log else spread
        steps.append(_described(distributions.bell(points, middle, width, log=log), spec, dated, quantiles))
    p_null = 0.03 if len(history) > 2 else 0.25
    medians = [step["median"] for step in steps]
    answer: dict[str, Any] = {"type": "forecast", "value": medians}
    if p_null > _threshold(spec):
        answer |= {"value": None, "guess": medians}
    return {**answer, "p_null": p_null, "confidence": round(0.9 - p_null, 4), "steps": steps}
