"""A Worker's project whose ``env.AI`` is answered here: two files beside its configuration, which stays as it is.

``wrangler.offline.jsonc`` is a copy of the configuration in which each ``ai`` binding is one that a plugin of Miniflare
provides; ``wrangler.offline.cjs`` is that plugin. ``wrangler dev -c``, Vite and ``getPlatformProxy`` read the copy,
``wrangler deploy`` the original. Tried with wrangler 4.50.0, 4.60.0 and 4.164.0 and @cloudflare/vite-plugin 1.64.0.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from mock_server.errors import MockError

NAMES = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")  # wrangler's own order
PLUGIN = "workers-ai-mock"
# First line of what is written here, by which it is known again; the digest is that of all lines below.
MARK = "// Written by workers-ai-mock binding init, which also takes it away (--remove). sha256: {digest}\n"
MARKED = re.compile(re.escape(MARK).replace(re.escape("{digest}"), "([0-9a-f]{64})").encode())
ADDRESS = re.compile(r"(?:http://)?((?:\[[0-9a-fA-F:.]+\]|[\w.-]+):([0-9]{1,5}))/?")
STRING = r'"(?:[^"\\\n]|\\.)*"'
COMMENT = re.compile(rf"({STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
TRAILING_COMMA = re.compile(rf"({STRING})|,(?=\s*[\]}}])")


class Written(NamedTuple):
    """A file and what became of it: wrote, replaced, kept or removed."""

    verb: str
    path: Path


@dataclass(frozen=True, slots=True)
class Project:
    """A Worker's configuration and the files beside it that are written here."""

    config: Path
    offline: Path
    plugin: Path

    @classmethod
    def at(cls, place: Path) -> Project:
        """The project in a folder, or that of a configuration file. MockError when `place` is neither."""
        if place.is_dir():
            config = next((place / name for name in NAMES if (place / name).is_file()), place / "wrangler.jsonc")
        elif place.suffix in (".json", ".jsonc", ".toml") and not place.stem.endswith(".offline"):
            config = place
        else:
            raise MockError(f"{place}: neither a folder nor a configuration of wrangler (.jsonc, .json or .toml)")
        config = config.absolute()
        copy = config.with_name(f"{config.stem}.offline.jsonc")
        return cls(config, copy, copy.with_suffix(".cjs"))


def address(text: str) -> str:
    """``HOST:PORT`` of an emulator's address, with or without ``http://``. MockError for anything else."""
    found = ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65536:
        raise MockError(f"--address: {text!r} is not accepted, only HOST:PORT such as 127.0.0.1:8787")
    return found[1]


def init(project: Project, at: str) -> tuple[list[Written], str]:
    """Write the project's files for an emulator at `at` (``HOST:PORT``); what was done, and what to do with them.

    MockError, with nothing written, when the configuration cannot be read or has no ``ai`` binding, and when a file of
    that name is somebody else's or was changed.
    """
    source = _source(project.config)
    options = {"address": at, "source": str(project.config), "sha256": sha256(source).hexdigest()}
    document, names = _offline(_parsed(project.config, source), project, options)
    if not names:
        line = 'ai = { binding = "AI" }' if project.config.suffix == ".toml" else '"ai": { "binding": "AI" }'
        raise MockError(f"{project.config}: ai: there is no such binding; for env.AI it is {line}")
    about = (
        f"// {project.config.name}, with env.{' and env.'.join(names)} answered at {at}.\n"
        "// Run binding init again when that file has changed.\n"
        "// It names paths of this machine: keep it out of version control.\n"
    )
    contents = {
        project.plugin: _marked(files("mock_server").joinpath("data", "binding.cjs").read_bytes()),
        project.offline: _marked(f"{about}{json.dumps(document, indent=2, default=str)}\n".encode()),
    }
    for path in contents:
        _check_ours(path)
    return [_write(path, content) for path, content in contents.items()], _guide(project, names[0], at)


def remove(project: Project) -> list[Written]:
    """Remove the files that `init` wrote. MockError, with nothing removed, when one of them was changed since."""
    there = [path for path in (project.offline, project.plugin) if _check_ours(path)]
    for path in there:
        path.unlink()
    return [Written("removed", path) for path in there]


def _guide(project: Project, name: str, at: str) -> str:
    copy, original = project.offline.name, project.config.name
    _, _, port = at.rpartition(":")
    return f"""
With `workers-ai-mock serve --port {port}` running, in {project.config.parent}:

  npx wrangler dev -c {copy}
  CLOUDFLARE_VITE_WRANGLER_CONFIG_PATH={copy} npx vite dev

In Node:

  await getPlatformProxy({{ configPath: "{copy}" }})

Vitest needs none of these files; in vitest.config:

  cloudflareTest({{
    wrangler: {{ configPath: "./{original}" }},
    remoteBindings: false,
    miniflare: {{ ai: {{ binding: "{name}", remoteProxyConnectionString: new URL("http://{at}") }} }},
  }})

Keep both files out of version control: they name paths of this machine."""


def _source(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        if path.name not in NAMES:
            raise MockError(f"{path}: there is no such file") from error
        raise MockError(f"{path.parent}: no configuration of a Worker; there is none of {', '.join(NAMES)}") from error
    except OSError as error:
        raise MockError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parsed(path: Path, source: bytes) -> dict[str, Any]:
    try:
        text = source.decode("utf-8-sig")
        document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(_without_comments(text))
    except ValueError as error:  # those of JSON, TOML and UTF-8 are
        raise MockError(f"{path}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise MockError(f"{path}: is no object but {_short(document)}")
    return document


def _without_comments(text: str) -> str:
    # Blanks take their place, so that lines and columns of errors hold.
    text = COMMENT.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), text)
    return TRAILING_COMMA.sub(lambda found: found[1] or " ", text)


def _offline(document: dict[str, Any], project: Project, options: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The document with the plugin's bindings in place of every ``ai``, also those of environments, and their names."""
    names: list[str] = []
    for field, level in _levels(document, project.config):
        ai = level.pop("ai", None)
        if ai is None:
            continue
        name = ai.get("binding") if isinstance(ai, dict) else None
        if not isinstance(name, str) or not name:
            raise MockError(f'{project.config}: {field}ai: {_short(ai)} is not accepted, only {{"binding": NAME}}')
        if name not in names:
            names.append(name)
        unsafe = level.setdefault("unsafe", {})
        bindings = unsafe.setdefault("bindings", []) if isinstance(unsafe, dict) else None
        if not isinstance(bindings, list):
            raise MockError(
                f'{project.config}: {field}unsafe: {_short(unsafe)} is not accepted, only {{"bindings": […]}}'
            )
        plugin = {"package": str(project.plugin), "name": PLUGIN}
        # The type is the real one, so that the copy, should it be deployed, has the binding that the original has.
        bindings.append({"name": name, "type": "ai", "dev": {"plugin": plugin, "options": options}})
    return document, names


def _levels(document: dict[str, Any], config: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", document
    environments = document.get("env", {})
    if not isinstance(environments, dict):
        raise MockError(f"{config}: env: {_short(environments)} is not accepted, only an object of environments")
    for name, level in environments.items():
        if not isinstance(level, dict):
            raise MockError(f"{config}: env.{name}: {_short(level)} is not accepted, only an object")
        yield f"env.{name}.", level


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _marked(content: bytes) -> bytes:
    return MARK.format(digest=sha256(content).hexdigest()).encode() + content


def _check_ours(path: Path) -> bool:
    """Whether `path` is there; MockError when it is not what `init` wrote."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise MockError(f"{path}: cannot be read: {error.strerror or error}") from error
    mark = MARKED.match(content)
    if mark is None:
        raise MockError(f"{path}: was not written by binding init; move it away first")
    if sha256(content[mark.end() :]).hexdigest().encode() != mark[1]:
        raise MockError(f"{path}: was changed since binding init wrote it; move it away first")
    return True


def _write(path: Path, content: bytes) -> Written:
    there = path.exists()
    if there and path.read_bytes() == content:
        return Written("kept", path)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise MockError(f"{path}: cannot be written: {error.strerror or error}") from error
    return Written("replaced" if there else "wrote", path)
