"""The command line: ``workers-ai-mock serve``, ``models`` and ``try``; a command imports what it needs when it runs."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mock_server import __version__
from mock_server.clock import Clock
from mock_server.errors import ApiError, MockError
from mock_server.settings import Option, Settings, options

if TYPE_CHECKING:
    from mock_server.api.asgi import App
    from mock_server.catalog import Catalog, Model


BACKLOG = 2048
METAVARS = {str: "TEXT", int: "NUMBER", float: "INSTANT", Path: "PATH"}


SETTINGS = options()


def _setting_flags(names: Iterable[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    # As text: Settings checks every source with the same eyes and the same words.
    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed([*names]):
            option = SETTINGS[name]
            metavar = f"[{'|'.join(option.choices)}]" if option.choices else METAVARS[option.kind]
            words = f"{option.help.replace('`', '')} Default: {option.default.replace('`', '')}."
            command = click.option(Option.flag(name), name, metavar=metavar, help=words, multiple=option.many)(command)
        return command

    return add


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="workers-ai-mock")
def main() -> None:
    """An emulator of Cloudflare Workers AI, for tests and demos: no account, no network, no bill."""


@main.command()
@_setting_flags(SETTINGS)
@click.option("-q", "--quiet", is_flag=True, help="No greeting, and no access log unless --log on.")
def serve(*, quiet: bool, **flags: str | None) -> None:
    """Answer as Workers AI does, until Ctrl-C.

    Every option can also be an environment variable (--auth-variant is WORKERS_AI_MOCK_AUTH_VARIANT) or a key of the
    --config file (auth_variant).
    """
    if quiet and flags["log"] is None:
        flags["log"] = "off"
    try:
        settings = Settings.load(flags)
        with _listen(settings.host, settings.port) as listener:
            _end_well_on_signals()
            from mock_server.app import build, light

            pipeline = build(settings)
            if not quiet:
                click.echo(_greeting(settings, listener, pipeline.catalog))
            _run(light(settings, pipeline), listener)
    except MockError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--task", help="Only models of this task, spelled as Cloudflare spells it; case does not matter.")
@click.option("--search", help="Only models with this text in their name or description.")
@click.option("--all", "everything", is_flag=True, help="Hidden and deprecated models too.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
def models(*, task: str | None, search: str | None, everything: bool, as_json: bool) -> None:
    """List the models of the catalog."""
    from mock_server.catalog import Catalog

    catalog = Catalog.load()
    found = [
        model
        for model in _of_task(catalog, task)
        if (everything or _is_active(model))
        and (search is None or search.lower() in f"{model.name} {model.description}".lower())
    ]
    found.sort(key=lambda model: (model.task, model.name))
    if as_json:
        click.echo(json.dumps([_record(model) for model in found], indent=2))
        return
    rows = [("MODEL", "TASK", "NOTES"), *((model.name, model.task, _notes(model)) for model in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, category, notes in rows:
        click.echo(f"{name:{widths[0]}}  {category:{widths[1]}}  {notes}".rstrip())
    click.echo(f"{len(found)} models", err=True)


TRY_SETTINGS = ("fixtures", "unknown_models", "deprecated_models")


@main.command(name="try")
@click.argument("model")
@click.option("--prompt", metavar="TEXT", help="What to say, draw, read out, translate ...: the input the model wants.")
@click.option(
    "--file", metavar="PATH", type=click.Path(path_type=Path), help="A picture or a recording; or inputs as JSON."
)
@click.option("--json", "document", metavar="JSON", help="Inputs as a JSON object; prompt and file are added to it.")
@click.option("--out", metavar="PATH", type=click.Path(path_type=Path), help="File for an answer that is media.")
@click.option("--stream", is_flag=True, help="Show the events of a streamed answer as they are sent.")
@_setting_flags(TRY_SETTINGS)
def try_(
    *,
    model: str,
    prompt: str | None,
    file: Path | None,
    document: str | None,
    out: Path | None,
    stream: bool,
    **flags: str | None,
) -> None:
    """Ask MODEL once, without a server, and show its answer.

    Text and JSON are printed; a picture or a sound is written to a file.
    """
    from mock_server import trying

    try:
        given = trying.Given(prompt, file, _inputs(document), stream)
        if given.prompt is None and given.file is None and given.document is None:
            raise MockError("nothing to ask; give --prompt, --file or --json")
        settings = Settings.load({**flags, "auth": "off", "agreements": "given"})
        call, answer = trying.ask(settings, model, given)
        if (events := trying.events(call, answer)) is not None:
            for event in events:
                click.echo(event, nl=False)
        elif (found := trying.media(call, answer)) is not None:
            path, replaced = trying.save(found, model, out)
            verb = "replaced" if replaced else "wrote"
            click.echo(f"{verb} {path}: {found.type or 'media of an unknown type'}, {len(found.data)} bytes")
        else:
            click.echo(trying.text(call, answer))
    except ApiError as error:
        hint = f"\n{error.hint}" if error.hint else ""
        raise click.ClickException(f"{error.row.status} {error.row.code}: {error.message()}{hint}") from error
    except MockError as error:
        raise click.ClickException(str(error)) from error
    tokens, cost = answer.usage.tokens, answer.usage.neurons
    counted = f", {tokens.prompt}+{tokens.completion} tokens" if tokens else ""
    click.echo(f"from {answer.source}{counted}, {cost:.2f} neurons", err=True)


def _inputs(document: str | None) -> dict[str, Any] | None:
    if document is None:
        return None
    try:
        inputs = json.loads(document)
    except ValueError as error:
        raise MockError(f"--json: not JSON: {error}") from error
    if not isinstance(inputs, dict):
        raise MockError("--json: the inputs of a model are a JSON object")
    return inputs


def _end_well_on_signals() -> None:
    # They hold until the server takes signals over, and again once it has stopped and raises what stopped it.
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last is Windows' Ctrl-Break
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(0))


def _listen(host: str, port: int) -> socket.socket:
    """A socket that already takes connections, so that whoever reads the greeting can ask at once."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere this would share the port with a server that has it already
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        hint = "; choose another with --port" if port else ""
        raise MockError(f"cannot listen on {host} port {port}: {error.strerror or error}{hint}") from error
    return listener


def _run(app: App, listener: socket.socket) -> None:
    from uvicorn import Config, Server

    protocol: Any = "auto"
    if find_spec("httptools"):  # not on every machine
        from mock_server.gathering import GatheringProtocol

        protocol = GatheringProtocol
    config = Config(
        app,
        http=protocol,
        access_log=False,  # the emulator writes its own, with tokens made short
        backlog=BACKLOG,
        lifespan="off",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        ws=_websocket,  # type: ignore[arg-type] # any callable that makes a protocol will do
    )
    Server(config).run(sockets=[listener])


def _websocket(**given: Any) -> Any:
    # Imported with the first connection that wants it: it would take a tenth of the time to the first answer.
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

    return AutoWebSocketsProtocol(**given)  # type: ignore[misc] # None only where websockets is not installed


def _greeting(settings: Settings, listener: socket.socket, catalog: Catalog) -> str:
    account, token = _usable(settings)
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - a comparison
        host = "127.0.0.1"
    api = f"http://{f'[{host}]' if ':' in host else host}:{port}/client/v4"
    run = f"{api}/accounts/{account}/ai/run/{next(model.name for model in catalog if model.facts.get('demo'))}"
    curl = ["curl", run, "-H", f"Authorization: Bearer {token}", "-d", '{"prompt": "Say hello"}']
    return "\n".join(
        [
            f"workers-ai-mock {__version__} is up; Ctrl-C stops it.",
            "",
            f"  Cloudflare base URL  {api}",
            f"  Account id           {account}",
            f"  API token            {token}",
            "",
            "Try it:",
            "",
            f"  {_command(curl)}",
            "",
        ]
    )


def _command(words: list[str]) -> str:
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline(words)
    return shlex.join(words)


def _usable(settings: Settings) -> tuple[str, str]:
    """An account and a token to greet with; where an own accounts file has no pair that may write, what would do."""
    from mock_server.accounts import demo

    try:
        return demo(settings.accounts)
    except MockError:
        return ("ACCOUNT_ID", "TOKEN") if settings.auth == "strict" else ("0" * 32, "0" * 40)


def _of_task(catalog: Catalog, task: str | None) -> list[Model]:
    if task is None:
        return list(catalog)
    found = [model for model in catalog if model.task.lower() == task.lower()]
    if not found:
        tasks = ", ".join(sorted({model.task for model in catalog}))
        raise click.BadParameter(f"{task!r} is no task of the catalog; there are: {tasks}", param_hint="--task")
    return found


def _is_active(model: Model) -> bool:
    ended = model.deprecated_on is not None and Clock.parse(model.deprecated_on) <= time.time()
    return not (model.hidden or ended)


def _notes(model: Model) -> str:
    notes = [
        f"alias of {model.alias_of}" if model.alias_of else "",
        "hidden" if model.hidden else "",
        f"deprecated on {model.deprecated_on}" if model.deprecated_on else "",
        f"{model.context_window} tokens of context" if model.context_window else "",
        *(name for name in ("beta", "function_calling", "lora", "reasoning", "vision") if model.has(name)),
    ]
    return ", ".join(note for note in notes if note)


def _record(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "task": model.task,
        "description": model.description,
        "deprecated_on": model.deprecated_on,
        "hidden": model.hidden,
        "alias_of": model.alias_of,
        "properties": model.properties,
    }
