"""What is said to a request that no fixture answers where only fixtures do: which came nearest, and what missed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mock_server.exchange import Call
from mock_server.matching import ABSENT, Miss
from mock_server.stubs import NearMiss

SHOWN = 60  # characters of a value
MISSES = 4  # of one fixture


def told(call: Call, near: Sequence[NearMiss]) -> str:
    """One line for each of the nearest fixtures, the best first."""
    asked = f"{call.model.name or 'a request without a model'} ({call.surface}{', streamed' if call.stream else ''})"
    if not near:
        return f"--mode replay: no fixture answers {asked}; there are none: --fixtures DIR names a folder of them"
    lines = [f"--mode replay: no fixture answers {asked}; nearest:"]
    for stub, misses in near:
        shown = "; ".join(map(_shown, misses[:MISSES]))
        more = f"; and {len(misses) - MISSES} more" if len(misses) > MISSES else ""
        lines.append(f"{stub.id} missed {shown}{more}")
    return "\n".join(lines)


def _shown(miss: Miss) -> str:
    field, wanted, actual = miss
    if isinstance(wanted, dict) and wanted.keys() == {"equals"}:
        wanted = wanted["equals"]
    path, wanted, actual = _difference(wanted, actual)
    begin = _begin(wanted, actual)
    return f"{field}{path}: wanted {_cut(wanted, begin)}, was {_cut(actual, begin)}"


def _difference(wanted: Any, actual: Any) -> tuple[str, Any, Any]:
    """The first place where two values differ, and what stands there."""
    if isinstance(wanted, dict) and isinstance(actual, dict):
        names: list[Any] = [*wanted, *(name for name in actual if name not in wanted)]
        pairs = [(name, wanted.get(name, ABSENT), actual.get(name, ABSENT)) for name in names]
    elif isinstance(wanted, list) and isinstance(actual, list) and len(wanted) == len(actual):
        pairs = [(index, *both) for index, both in enumerate(zip(wanted, actual, strict=True))]
    else:
        return "", wanted, actual
    for name, one, other in pairs:
        if one is ABSENT or other is ABSENT or one != other:
            path, *differing = _difference(one, other)
            return f".{name}{path}", *differing
    return "", wanted, actual


def _begin(wanted: Any, actual: Any) -> int:
    """From where long texts are shown, so that what differs is seen."""
    if not isinstance(wanted, str) or not isinstance(actual, str):
        return 0
    same = next((index for index, (one, other) in enumerate(zip(wanted, actual, strict=False)) if one != other), 0)
    return max(same - SHOWN // 2, 0)


def _cut(value: Any, begin: int) -> str:
    if value is ABSENT:
        return "nothing"
    text = value[begin:] if isinstance(value, str) else value
    shown = json.dumps(text, ensure_ascii=False, default=lambda item: f"{len(item)} bytes")
    if begin:
        shown = f'"…{shown[1:]}'
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"
