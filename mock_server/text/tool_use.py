"""Using tools: which of them the request needs, with which arguments, in which order, and what their answers say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

import orjson

from mock_server.exchange import Inputs, ToolCall, json_of
from mock_server.text import extraction, text_values, writing
from mock_server.text.answering import Said
from mock_server.text.conversation import Conversation, Turn
from mock_server.text.extraction import Extractor
from mock_server.text.fake_values import snake
from mock_server.text.schema_check import SchemaError
from mock_server.text.schema_data import value_for
from mock_server.text.words import STOP, parts_of_text, stem, words

_ENOUGH = 1.5  # points that a tool needs to be called without being forced
_FAINT = frozenset(
    stem(word)
    for word in "get set do fetch run call make create find list send calculate compute tool "
    "function data value api current give return retrieve perform execute handle update "
    "new input string name text information info look show tell give use check".split()
)
_CONCEPTS = tuple(
    (frozenset(stem(word) for word in about.split()), frozenset(stem(word) for word in said.split()))
    for about, said in (
        (
            "weather forecast climate temperature",
            "rain raining umbrella forecast temperature sunny snow snowing hot cold warm degrees climate weather storm",
        ),
        ("email mail message", "email e-mail mail message notify inform"),
        ("time clock timezone", "time o'clock clock late hour"),
        (
            "calculator calculate math arithmetic expression sum add multiply",
            "calculate plus minus times sum add multiply divide divided percent total product root",
        ),
        (
            "search web browse google internet retrieve retrieval docs documents knowledge",
            "search find look latest news who google information documentation docs",
        ),
        ("stock share quote ticker", "stock share shares price trading ticker"),
        (
            "calendar event meeting appointment schedule reminder",
            "meeting appointment schedule event calendar remind reminder book",
        ),
        ("translate translation", "translate translation say mean"),
        ("flight flights airline", "fly flight flights plane travel"),
        ("hotel accommodation booking", "hotel room stay night nights accommodation"),
        ("restaurant table reservation", "eat dinner lunch food restaurant table reserve reservation"),
        ("currency exchange convert rate", "exchange convert dollars euros usd eur currency rate worth"),
        ("population demographics", "people inhabitants population live"),
        ("light lamp device switch", "light lights lamp dark switch"),
        ("song music play", "song music play listen"),
        ("image picture draw", "draw picture image paint photo"),
        ("sql database query table", "database table rows query sql"),
        ("news headline article", "news headlines happening"),
        ("multiply product", "multiply multiplied times product"),
        ("add sum addition", "add plus sum added"),
        ("subtract difference", "subtract minus less difference"),
        ("divide division quotient", "divide divided over quotient"),
    )
)
_CUTS = re.compile(
    r"[.;!?]\s++|\n++|,\s++(?:(?:and then|then|after that|afterwards|and also|also|as well as|plus|and)\s++)?(?=\w)"
    r"|(?<!\s)\s++(?:and then|then|after that|afterwards|and also|also|as well as|plus|and)\s",
    re.I,
)
_POINTING = re.compile(r"\b(?:the (?:result|answer|sum|product|total|difference|output|number)|that|it|this)\b", re.I)
_MATHS = re.compile(r"\d\s*(?:[-+*/^x×÷]|plus|minus|times|divided by)\s*\d", re.I)


class Tool(NamedTuple):
    """A tool that may be called. schema: of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]


class Step(NamedTuple):
    """A call that the request needs: the tool, and the words that ask for it."""

    tool: Tool
    words: str


def respond(
    conversation: Conversation, inputs: Inputs, offered: Sequence[Any], state: int
) -> tuple[Said | None, tuple[ToolCall, ...]]:
    """What tools have to do with the answer: calls to make, a report of what they returned, or (None, ()) when the
    request is better answered in words.

    offered: `tools` in any of their documented forms and legacy `functions`. tool_choice none, auto, required, any,
    and by name are respected, as is parallel_tool_calls. Forced calls are made as long as the planned ones are not
    answered; a named tool is called always. Several calls go out together unless one waits for what another finds.
    """
    tools = [tool for each in offered if (tool := read_tool(each))]
    mode, allowed = _choice(inputs.get("tool_choice"))
    if allowed:
        tools = [tool for tool in tools if tool.name in allowed] or tools
    if mode == "none" or not tools:
        return None, ()
    request = conversation.request
    since = conversation.turns[conversation.at + 1 :] if conversation.at >= 0 else conversation.turns
    done, results = _exchanged(since)
    plan = _planned(request, tools, forced=mode != "auto")
    open_steps = _unanswered(plan, done)
    subject = writing.subject_of(*parts_of_text(request[:1500]))
    if mode == "named" and not open_steps and plan:
        open_steps = plan[:1]
    calls = _calls(open_steps, conversation, results, inputs.get("parallel_tool_calls") is not False, state, done)
    if calls:
        return Said("", "tool", subject), calls
    if results:
        return Said(report(results), "results", subject), ()
    return None, ()


def read_tool(given: Any) -> Tool | None:
    """A tool in any form: flat, inside `function` or `custom`, or legacy with `code`; None for what is none."""
    if not isinstance(given, Mapping):
        return None
    body = next((given[key] for key in ("function", "custom") if isinstance(given.get(key), Mapping)), given)
    name = body.get("name")
    if not isinstance(name, str) or not name:
        return None
    schema = body.get("parameters") or body.get("input_schema") or body.get("inputSchema")
    if not isinstance(schema, Mapping):
        schema = {"type": "object", "properties": {}}
        if isinstance(body.get("code"), str) and (found := re.search(r"\(\s*\{?([\w\s,=]*)\}?\s*\)", body["code"])):
            schema["properties"] = {
                part.split("=")[0].strip(): {} for part in found.group(1).split(",") if part.strip()
            }
            schema["required"] = list(schema["properties"])
        elif "custom" in given:
            schema = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
    elif "type" not in schema and "properties" not in schema and "$ref" not in schema and schema:
        schema = {"type": "object", "properties": schema}  # the older form names the parameters directly
    return Tool(name, str(body.get("description") or ""), schema)


def _choice(given: Any) -> tuple[str, tuple[str, ...]]:
    """(none, auto, required or named; the names that are allowed, all when empty)."""
    if isinstance(given, str):
        return {"none": "none", "required": "required", "any": "required", "auto": "auto"}.get(given, "auto"), ()
    if isinstance(given, Mapping):
        if given.get("type") == "allowed_tools":
            body = given.get("allowed_tools", given)
            names = [tool.name for each in body.get("tools", ()) if (tool := read_tool(each))]
            return ("required" if body.get("mode") == "required" else "auto"), tuple(names)
        if given.get("type") in ("none", "auto", "any", "required"):
            return _choice(given["type"])
        tool = read_tool(given)
        return ("named", (tool.name,)) if tool else ("auto", ())
    return "auto", ()


def _exchanged(since: Sequence[Turn]) -> tuple[list[ToolCall], list[tuple[ToolCall, str]]]:
    """The calls made since the request, and those of them that are answered with their answers."""
    calls = [call for turn in since for call in turn.calls]
    results: list[tuple[ToolCall, str]] = []
    waiting = list(calls)
    for turn in since:
        if turn.role != "tool":
            continue
        match = next((c for c in waiting if c.id and c.id == turn.call_id), None)
        match = match or next((c for c in waiting if turn.name and c.name == turn.name), None)
        match = match or (waiting[0] if waiting and not turn.name else None)
        if match is None:
            match = ToolCall(turn.name or "the tool", {})
            calls.append(match)
        else:
            waiting.remove(match)
        results.append((match, turn.text))
    return calls, results


# --- planning ---------------------------------------------------------------------------------------------------------
def _planned(request: str, tools: Sequence[Tool], forced: bool) -> list[Step]:
    """The calls that the request asks for, in its order."""
    text = request[:2000]
    spans: list[tuple[Tool, int, int]] = []
    begin = 0
    for start, end in _clauses(text):
        points, at = _best(tools, text[start:end])
        tool = tools[at]
        if spans and (points < _ENOUGH or (spans[-1][0] is tool and not _stands_alone(text[start:end], tool))):
            spans[-1] = (spans[-1][0], spans[-1][1], end)
        elif points >= _ENOUGH:
            spans.append((tool, begin, end))
        begin = end if spans else begin
    if not spans:
        points, at = _best(tools, text)
        if forced or points >= _ENOUGH:
            spans.append((tools[at], 0, len(text)))
    return [single for tool, start, end in spans for single in _multiplied(Step(tool, text[start:end].strip(" ,")))]


def _clauses(text: str) -> list[tuple[int, int]]:
    """Where the parts of a text begin and end that may ask for something each; quotations are never cut."""
    shield = [match.span() for match in re.finditer(r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^']*'(?!\w)", text)]
    clauses, start = [], 0
    for cut in _CUTS.finditer(text):
        if not any(a < cut.start() < b for a, b in shield):
            clauses.append((start, cut.start()))
            start = cut.end()
    return [(a, b) for a, b in [*clauses, (start, len(text))] if text[a:b].strip()]


def _stands_alone(clause: str, tool: Tool) -> bool:
    """Whether a clause asks for another call of the same tool rather than going on about the last one."""
    said = words(clause)
    return len(said) > 2 and any(stem(word) in _own_stems(tool) for word in said)


def _multiplied(step: Step) -> list[Step]:
    """One step for each of several things that a tool takes one at a time ("the weather in Paris and Rome")."""
    properties = step.tool.schema.get("properties", {})
    if not isinstance(properties, Mapping):
        return [step]
    scalars = [
        key
        for key, part in properties.items()
        if isinstance(part, Mapping) and part.get("type") == "string" and "enum" not in part
    ]
    lists = [key for key, part in properties.items() if isinstance(part, Mapping) and part.get("type") == "array"]
    entries = text_values.coordinated(step.words)
    alike = [
        key for key in scalars if not re.search(r"query|text|message|body|content|expression|title|subject", snake(key))
    ]
    if len(entries) < 2 or lists or not 0 < len(alike) <= 2 or len(properties) > 3 or re.search("between", step.words):
        return [step]
    if entries[0][0].isdigit() and not any(re.search(r"id$|number|code", snake(key)) for key in alike):
        return [step]
    return [step._replace(words=_only(step.words, entries, entry)) for entry in entries]


def _only(text: str, entries: Sequence[str], wanted: str) -> str:
    first, last = text.find(entries[0]), text.find(entries[-1])
    return text[:first] + wanted + text[last + len(entries[-1]) :]


@lru_cache(maxsize=1024)
def _stems_of(name: str, description: str) -> tuple[frozenset[str], frozenset[str]]:
    own = frozenset(stem(word) for word in snake(name).split("_") if word)
    told = frozenset(stem(word) for word in words(description[:600]) if word not in STOP)
    return own, told


def _own_stems(tool: Tool) -> frozenset[str]:
    return _stems_of(tool.name, tool.description)[0]


def _best(tools: Sequence[Tool], text: str) -> tuple[float, int]:
    """The points of the tool that suits a text best, the first of equals, and where it stands."""
    said = frozenset(stem(word) for word in words(text))
    points = [_score(tool, text, said) for tool in tools]
    return max(points), points.index(max(points))


def _score(tool: Tool, text: str, said: frozenset[str]) -> float:
    """How well a tool suits a request: 2 for a word of its name, 1 of its description, 0.5 of its parameters."""
    own, told = _stems_of(tool.name, tool.description)
    points = 10.0 if re.search(rf"\b{re.escape(tool.name)}\b", text) else 0.0
    points += sum(0.7 if each in _FAINT else 2.0 for each in own & said)
    points += sum(0.3 if each in _FAINT else 1.0 for each in (told - own) & said)
    properties = tool.schema.get("properties")
    for key, part in properties.items() if isinstance(properties, Mapping) else ():
        near = {stem(word) for word in snake(str(key)).split("_")} & said
        points += 0.5 * len(near - own - told)
        if ("@" in text and "mail" in str(key).lower()) or ("://" in text and "url" in str(key).lower()):
            points += 1.3
        if isinstance(part, Mapping) and isinstance(part.get("enum"), list):
            points += 0.5 * any(isinstance(o, str) and o.lower() in text.lower().split() for o in part["enum"])
    for about, asked in _CONCEPTS:
        if about & own and asked & said:
            points += 1.5
        elif about & told and asked & said:
            points += 0.8
    if _MATHS.search(text) and (own | told) & {
        "calculat",
        "math",
        "add",
        "sum",
        "multipl",
        "express",
        "arithmetic",
        "evaluat",
    }:
        points += 1.5
    return points


def _unanswered(plan: list[Step], done: Sequence[ToolCall]) -> list[Step]:
    """The steps for which no call was made yet: each call takes the place of the first open step of its tool."""
    left = list(plan)
    for call in done:
        match = next((step for step in left if step.tool.name == call.name), None)
        if match is not None:
            left.remove(match)
    return left


# --- calling ----------------------------------------------------------------------------------------------------------
def _calls(
    steps: Sequence[Step],
    conversation: Conversation,
    results: Sequence[tuple[ToolCall, str]],
    parallel: bool,
    state: int,
    done: Sequence[ToolCall],
) -> tuple[ToolCall, ...]:
    known: dict[str, Any] = {}
    for _, text in results:
        known.update(extraction.flattened(text))
    background = [turn.text for turn in reversed(conversation.turns) if turn.role in ("user", "system") and turn.text]
    calls: list[ToolCall] = []
    for number, step in enumerate(steps):
        rng = Random(state + number + 31 * len(done))
        arguments, complete = _arguments(step, background, known, rng)
        if not complete and (calls or (number and not results)):
            break  # what is missing may be in the answer to a call before it
        call = ToolCall(step.tool.name, arguments, f"{rng.getrandbits(128):032x}")
        if any(call.name == other.name and call.arguments == other.arguments for other in calls):
            continue
        calls.append(call)
        if not parallel:
            break
    return tuple(calls)


def _arguments(
    step: Step, background: Sequence[str], known: Mapping[str, Any], rng: Random
) -> tuple[dict[str, Any], bool]:
    """Arguments for a step, and whether all that is required was found rather than made up."""
    said = step.words
    number = known.get("result")
    waits = bool(_POINTING.search(said)) and not known
    if isinstance(number, int | float) and not isinstance(number, bool):
        said = _POINTING.sub(str(number), said, count=1)
    extractor = Extractor([said, *background], known, _required(step.tool))
    try:
        value = value_for(step.tool.schema, rng, extractor, optional="suggested")
    except SchemaError:
        value = {}  # a schema that cannot be met is the caller's affair; the call is made all the same
    if not isinstance(value, dict):
        return {}, True
    listed = step.tool.schema.get("properties")
    properties = listed if isinstance(listed, dict) else {}
    missing = [
        key
        for key in _required(step.tool)
        if not any(path[0] == key for path in extractor.found) and not _has_own(properties.get(key))
    ]
    return value, not missing and not (waits and _needs_number(properties, extractor, said))


def _required(tool: Tool) -> list[str]:
    required = tool.schema.get("required")
    return [key for key in required if isinstance(key, str)] if isinstance(required, list) else []


def _has_own(part: Any) -> bool:
    return isinstance(part, Mapping) and any(keyword in part for keyword in ("default", "const", "examples"))


def _needs_number(properties: Any, extractor: Extractor, said: str) -> bool:
    numeric = [
        key
        for key, part in properties.items()
        if isinstance(part, Mapping) and part.get("type") in ("number", "integer")
    ]
    return len(numeric) > len(re.findall(r"\d+(?:\.\d+)?", said))


# --- reporting --------------------------------------------------------------------------------------------------------
def report(results: Sequence[tuple[ToolCall, str]]) -> str:
    """What the tools said, in a sentence for each call and its answer."""
    return " ".join(_told(call, text) for call, text in results)


def _told(call: ToolCall, text: str) -> str:
    try:
        value = json_of(text)
    except orjson.JSONDecodeError:
        value = text.strip()
    given = [str(v) for v in call.arguments.values() if isinstance(v, str | int | float) and not isinstance(v, bool)]
    about = f" for {', '.join(given[:3])}" if given and all(len(each) < 40 for each in given[:3]) else ""
    name = snake(call.name).replace("_", " ")
    spoken = re.sub(r"^(?:get|fetch|find|look ?up|retrieve|read|check|query|search) (?:the |current )?", "", name)
    if spoken == name:
        spoken = f"result of {name}"
    if (isinstance(value, Mapping) and len(value) == 1 and "error" in value) or (
        isinstance(value, str) and re.match(r"error\b", value, re.I)
    ):
        told = value["error"] if isinstance(value, Mapping) else value
        return f"I could not get the {spoken}{about}: {_written(told)}."
    if isinstance(value, Mapping):
        facts = [
            f"the {snake(str(key)).replace('_', ' ')} is {_written(inner)}"
            for key, inner in value.items()
            if str(inner) not in given
        ]
        if not facts:
            return f"Done: {spoken}{about}."
        told = facts[0] if len(facts) == 1 else ", ".join(facts[:-1]) + " and " + facts[-1]
        return f"{told[0].upper()}{told[1:]}{about and f' ({about.strip()})'}."
    if isinstance(value, list):
        return f"Here is what I found{about}: {_written(value)}."
    if isinstance(value, str) and (len(value) > 40 or value.endswith((".", "!", "?"))):
        return value if value.endswith((".", "!", "?")) else f"{value}."
    return f"The {spoken}{about} is {_written(value)}." if value not in ("", None) else f"Done: {spoken}{about}."


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "not known"
    if isinstance(value, list):
        return ", ".join(_written(inner) for inner in value[:10]) or "nothing"
    if isinstance(value, Mapping):
        return "; ".join(f"{snake(str(key)).replace('_', ' ')} {_written(inner)}" for key, inner in value.items())
    return str(value)
