"""Runs our validator and the service's own over many cases, and lists where verdict or words differ.

    npm install --no-package-lock --prefix scripts/differential
    python scripts/differential/run.py [--cases N] [--schemas DIR] [--seed S] [--vectors N]

Needs Node 22 and the npm package that package.json names; without them it says so and stops. Exits 1 on a difference.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT)]

import generate  # noqa: E402
import material  # noqa: E402

from mock_server.catalog.regexp import compile_pattern  # noqa: E402
from mock_server.catalog.validation import Validator  # noqa: E402

BATCHES_A_RUN = 2000
SHOWN = 10
# Kept of each origin: share of the cases, schemas at most, bytes of a schema at most.
KEPT = {
    "catalog": (0.45, 100, 40_000),
    "random": (0.3, 220, 1_200),
    "lenient": (0.1, 80, 1_200),
    "pattern": (0.15, 120, 1_200),
    "edge": (1.0, 100, 1_200),
}
PAYLOAD_BYTES, ERROR_BYTES = 500, 1_000
KEYWORDS = (
    "type properties required additionalProperties unevaluatedProperties minProperties maxProperties items oneOf anyOf "
    "allOf not const enum minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf pattern"
).split()


@dataclass(frozen=True, slots=True)
class Batch:
    """Payloads for one schema; `name` starts with where the schema is from."""

    name: str
    schema: Any
    payloads: list[Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A payload and what the real validator said: null or a message."""

    batch: Batch
    payload: Any
    theirs: str | None


def main() -> int:
    options = arguments()
    modules = options.modules.resolve()
    node = find_node(modules)
    if not node or not (modules / "@cloudflare" / "cabidela").is_dir():
        print(f"SKIPPED: nothing was compared, because there is no {'Node 22' if not node else 'package'} (see --help)")
        return 0
    start = time.perf_counter()
    rng = Random(options.seed)
    catalog = catalog_schemas(options.schemas)
    batches = list(make_batches(rng, catalog, options.cases))
    cases: list[Case] = []
    differences = []
    for first in range(0, len(batches), BATCHES_A_RUN):
        cases += ask(node, modules, batches[first : first + BATCHES_A_RUN])
        print(f"\r{len(cases)} cases", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    validators: dict[int, Validator] = {}
    for case in cases:
        ours = our_verdict(validators, case)
        if ours != case.theirs:
            differences.append((case, ours))
    report(cases, differences, catalog, time.perf_counter() - start)
    if options.vectors:
        write_vectors(rng, cases, options.vectors)
    return 1 if differences else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=120_000, help="about how many payloads to check")
    parser.add_argument("--schemas", type=Path, default=ROOT / "mock_server/catalog/schemas/input", help="*.json")
    parser.add_argument("--modules", type=Path, default=HERE / "node_modules", help="the node_modules folder to use")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vectors", type=int, default=0, help="keep so many cases in tests/catalog/vectors")
    return parser.parse_args()


def find_node(modules: Path) -> str | None:
    """A Node of version 22 or newer: the installed package's, else the one on the path."""
    for candidate in (modules / ".bin" / "node", modules / "node" / "bin" / "node", shutil.which("node")):
        if candidate and Path(candidate).exists():
            version = subprocess.run([str(candidate), "--version"], capture_output=True, text=True, check=False).stdout
            found = re.match(r"v(\d+)\.", version)
            if found and int(found[1]) >= 22:
                return str(candidate)
    return None


def catalog_schemas(folder: Path) -> dict[str, Any]:
    """Different schemas of the folder by file name; a file holds a schema, or one under "input"."""
    found: dict[str, Any] = {}
    seen = set()
    for path in sorted(folder.glob("*.json")):
        content = orjson.loads(path.read_bytes())
        schema = content["input"] if "model" in content and "input" in content else content
        text = orjson.dumps(schema)
        if text not in seen:
            seen.add(text)
            found[path.stem] = schema
    return found


def make_batches(rng: Random, catalog: dict[str, Any], cases: int) -> Iterator[Batch]:
    """40 % of the cases for the catalog's schemas, 40 and 15 % for random ones, 5 % for patterns."""
    if catalog:
        each = -(-cases * 40 // 100 // len(catalog))
        for name, schema in catalog.items():
            yield batch(f"catalog/{name}", schema, list(generate.payloads(rng, schema, each)))
    for number in range(cases * 15 // 100 // 12):
        schema = generate.lenient(rng)
        yield batch(f"lenient/{number}", schema, list(generate.payloads(rng, schema, 12)))
    for number in range(cases * 40 // 100 // 12):
        schema = generate.schema(rng)
        if schema is not None:  # the real validator's constructor refuses null
            yield batch(f"random/{number}", schema, list(generate.payloads(rng, schema, 12)))
    for number in range(cases * 5 // 100 // 10):
        pattern, strings = generate.pattern(rng)
        if not expressible(pattern):
            continue
        yield batch(f"pattern/{number}", {"type": "string", "pattern": pattern}, strings)
    for number, (schema, payloads) in enumerate(material.EDGES):
        yield batch(f"edge/{number}", schema, payloads)


def expressible(pattern: str) -> bool:
    """False for what is known not to be imitated: look-behind of varying width."""
    try:
        compile_pattern(pattern)
    except ValueError:
        return False
    return True


def batch(name: str, schema: Any, payloads: list[Any]) -> Batch:
    """Both sides see what their JSON parser makes of one text."""
    schema, payloads = orjson.loads(json.dumps([schema, payloads]))
    return Batch(name, schema, payloads)


def ask(node: str, modules: Path, batches: list[Batch]) -> Iterator[Case]:
    text = "".join(json.dumps({"schema": one.schema, "payloads": one.payloads}) + "\n" for one in batches)
    command = [node, str(HERE / "runner.mjs"), str(modules)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=True)
    for one, line in zip(batches, done.stdout.split("\n")[:-1], strict=True):
        for payload, theirs in zip(one.payloads, json.loads(line), strict=True):
            yield Case(one, payload, theirs and printable(theirs))


def printable(text: str) -> str:
    """Half characters as U+FFFD, as every encoder on the way to a caller would write them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def our_verdict(validators: dict[int, Validator], case: Case) -> str | None:
    """Our message. An exception is none, and so a difference to be listed."""
    try:
        key = id(case.batch)
        if key not in validators:
            validators[key] = Validator(case.batch.schema)
        return validators[key].error(case.payload)
    except Exception as error:  # noqa: BLE001
        return f"<<{type(error).__name__}: {error}>>"


def report(cases: list[Case], differences: list[tuple[Case, str | None]], catalog: dict[str, Any], took: float) -> None:
    one_a_schema = {case.batch.name: (case, ours) for case, ours in differences}
    for case, ours in list(one_a_schema.values())[:SHOWN]:
        print(f"\n{case.batch.name}  schema {json.dumps(case.batch.schema)[:1500]}\npayload {json.dumps(case.payload)}")
        print(f"theirs  {case.theirs}\nours    {ours}")
    origins = Counter(case.batch.name.partition("/")[0] for case in cases)
    used: Counter[str] = Counter()
    for one in {id(case.batch): case.batch for case in cases}.values():
        text = json.dumps(one.schema)
        used.update(keyword for keyword in KEYWORDS if f'"{keyword}":' in text)
    valid = sum(case.theirs is None for case in cases)
    print(f"{len(cases)} cases ({', '.join(f'{count} {name}' for name, count in origins.items())}),", end=" ")
    print(f"{len(catalog)} catalog schemas; {valid} valid, {len(cases) - valid} refused in", end=" ")
    print(f"{len({case.theirs for case in cases})} different words")
    print("schemas with: " + ", ".join(f"{keyword} {used[keyword]}" for keyword in KEYWORDS))
    print(f"{len(differences)} differences, {took:.0f} s")


def write_vectors(rng: Random, cases: list[Case], count: int) -> None:
    """Keep cases that differ in kind as far as possible, schemas apart, for tests that run without Node."""
    folder = ROOT / "tests" / "catalog" / "vectors"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = []
    for origin, (share, schemas, schema_bytes) in KEPT.items():
        some = [case for case in cases if case.batch.name.startswith(f"{origin}/")]
        names = {case.batch.name for case in some if len(orjson.dumps(case.batch.schema)) <= schema_bytes}
        names = set(rng.sample(sorted(names), min(schemas, len(names))))
        some = [case for case in some if case.batch.name in names and is_short(case)]
        chosen += most_diverse(rng, some, round(count * share))
    chosen.sort(key=lambda case: case.batch.name)
    schemas_by_name = {case.batch.name: case.batch.schema for case in chosen}
    write_lines(folder / "schemas.jsonl", [{"name": name, "schema": one} for name, one in schemas_by_name.items()])
    rows = [{"schema": case.batch.name, "payload": case.payload, "error": case.theirs} for case in chosen]
    write_lines(folder / "cases.jsonl", rows)
    size = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
    print(f"{len(rows)} vectors of {len(schemas_by_name)} schemas in {folder.relative_to(ROOT)}, {size // 1024} KB")


def is_short(case: Case) -> bool:
    return len(orjson.dumps(case.payload)) <= PAYLOAD_BYTES and len(orjson.dumps(case.theirs)) <= ERROR_BYTES


def most_diverse(rng: Random, cases: list[Case], count: int) -> list[Case]:
    """First one of each kind, then a second of each, and so on."""
    rng.shuffle(cases)
    seen: Counter[str] = Counter()
    ranked = []
    for case in cases:
        kind = signature(case)
        ranked.append((seen[kind], case))
        seen[kind] += 1
    ranked.sort(key=lambda one: one[0])
    return [case for _, case in ranked[:count]]


def signature(case: Case) -> str:
    """What kind of case it is: the schema if valid, else the words without names and numbers."""
    if case.theirs is None:
        return case.batch.name
    return " ".join(sorted(set(re.sub(r"'[^']*'|-?\d[\d.e+]*", "_", case.theirs).split(", "))))


def write_lines(path: Path, rows: list[Any]) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
