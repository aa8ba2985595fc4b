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
from contextlib import AbstractAsyncContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mock_server import __version__
from mock_server.clock import Clock
from mock_server.errors import ApiError, MockError
from mock_server.listening import listen, run, server
from mock_server.settings import Option, Settings, options

if TYPE_CHECKING:
    from uvicorn import Server

    from mock_server.catalog import Catalog, Model


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
        with ExitStack() as sockets:
            listener = sockets.enter_context(listen(settings.host, settings.port))
            secure = proxy = None
            if settings.tls == "on":
                secure = sockets.enter_context(listen(settings.host, settings.tls_port, "--tls-port"))
            if settings.proxy_port:
                if secure is None:
                    raise MockError("--proxy-port leads to the port for HTTPS; start with --tls on")
                proxy = sockets.enter_context(listen(settings.host, settings.proxy_port, "--proxy-port"))
            ending = _Ending()
            from mock_server.app import build, light

            pipeline = build(settings)
            app = light(settings, pipeline)
            servers = [(server(app), listener)]
            if secure is not None:
                from mock_server import certificates

                names = tuple(name.strip() for name in settings.tls_names.split(",") if name.strip())
                servers.append((server(app, certificates.context(settings.ca, names)), secure))
            ending.server = servers[0][0]
            if ending.asked:
                return
            if not quiet:
                click.echo(_greeting(settings, listener, pipeline.catalog, secure))
            run(servers, _leading(proxy, secure) if proxy and secure else None)
    except MockError as error:
        raise click.ClickException(str(error)) from error


def _form_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for form, words in (("json", "JSON."), ("dotenv", "Lines of a .env file."), ("shell", "Shell lines (default).")):
        command = click.option(f"--{form}", "form", flag_value=form, default=None, help=words)(command)
    return command


@main.command()
@_setting_flags(["ca"])
@_form_flags
def ca(*, form: str | None, **flags: str | None) -> None:
    """Where the certificate authority of --tls is, and the lines that have clients trust it.

    It is made when it is not there, in a folder of this user's data or in --ca.
    """
    from mock_server import certificates

    try:
        path = certificates.certificate(Settings.load(flags).ca).absolute()
    except MockError as error:
        raise click.ClickException(str(error)) from error
    if form in (None, "shell"):
        click.echo(f"# {path}\n# All but Node then trust this authority only.")
    click.echo(_variables(certificates.trusting(path), form))


@main.command()
@click.argument("url", required=False)
@_setting_flags(["host", "port", "accounts"])
@_form_flags
def env(*, url: str | None, form: str | None, **flags: str | None) -> None:
    """The variables that point clients at the emulator at URL, or at the one with these settings.

    For a shell: eval "$(workers-ai-mock env)".
    """
    from mock_server.pointing import variables

    try:
        settings = Settings.load(flags)
    except MockError as error:
        raise click.ClickException(str(error)) from error
    root = url.rstrip("/") if url else _root(settings.host, settings.port)
    click.echo(_variables(variables(root, *_usable(settings)), form))


def _variables(found: dict[str, str], form: str | None) -> str:
    if form == "json":
        return json.dumps(found, indent=2)
    lines = [f"{name}={shlex.quote(value)}" for name, value in found.items()]
    return "\n".join(lines if form == "dotenv" else [f"export {line}" for line in lines])


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
        settings = Settings.load({**flags, "auth": "off", "agreements": "given", "mode": "generate"})
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


@main.group()
def fixtures() -> None:
    """Work with folders of fixtures."""


@fixtures.command(name="check")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
def check_fixtures(*, folders: tuple[Path, ...], as_json: bool) -> None:
    """Look for fixtures that cannot be read, can never answer, or answer what their model never would.

    Several folders are looked at as `serve` does when given each with --fixtures. The exit status is 1 when
    something is found.
    """
    from mock_server import checking
    from mock_server.catalog import Catalog

    try:
        report = checking.check(folders, Catalog.load())
    except MockError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        found = [finding.json() for finding in report.findings]
        click.echo(json.dumps({"fixtures": report.fixtures, "findings": found}, indent=2))
    else:
        for finding in report.findings:
            click.echo(str(finding))
        click.echo(f"{report.fixtures} fixtures, {len(report.findings)} findings", err=True)
    if report.findings:
        sys.exit(1)


@main.group()
def binding() -> None:
    """Have the env.AI of a Worker answered here."""


@binding.command(name="init")
@click.argument("project", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--address", metavar="HOST:PORT", default="127.0.0.1:8787", show_default=True, help="Where the emulator listens."
)
@click.option("--remove", is_flag=True, help="Remove what was written.")
def init_binding(*, project: Path, address: str, remove: bool) -> None:
    """Write wrangler.offline.jsonc, with which wrangler, Vite and getPlatformProxy ask the emulator and need no login.

    It is a copy of the configuration in DIR, which stays as it is, and so does what is deployed. DIR can also be a
    configuration file of another name. Run this again when the configuration has changed.
    """
    from mock_server import binding_project

    try:
        found = binding_project.Project.at(project)
        if remove:
            written, guide = binding_project.remove(found), None
        else:
            written, guide = binding_project.init(found, binding_project.address(address))
    except MockError as error:
        raise click.ClickException(str(error)) from error
    for verb, path in written:
        click.echo(f"{verb} {path}", err=True)
    if guide is not None:
        click.echo(guide)
    elif not written:
        click.echo("there is nothing to remove", err=True)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--upstream", metavar="URL", default=SETTINGS["upstream"].default.strip("`"), help="Whom to ask again.")
@click.option("--token", metavar="TOKEN", envvar="CLOUDFLARE_API_TOKEN", help="API token, or CLOUDFLARE_API_TOKEN.")
@click.option("--account", metavar="ID", envvar="CLOUDFLARE_ACCOUNT_ID", help="Account, or CLOUDFLARE_ACCOUNT_ID.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
def drift(*, folder: Path, upstream: str, token: str | None, account: str | None, as_json: bool) -> None:
    """Ask the recorded requests of DIR again, and say what has changed in the shape of the answers.

    Status, error code, content type, keys of JSON and types of their values, kinds of a stream's events; never what
    an answer says. Every request costs what it costs. The exit status is 1 when something has changed, and 2 when
    it cannot be asked.
    """
    from mock_server import drift

    changed, listed = 0, []
    try:
        if not token or not account:
            missing = "--token or CLOUDFLARE_API_TOKEN" if not token else "--account or CLOUDFLARE_ACCOUNT_ID"
            raise MockError(f"{missing} is missing: the requests are asked again with your own credentials")
        for found in drift.compare(folder, upstream, token, account):
            listed.append(found)
            changed += bool(found.changes)
            if as_json:
                continue
            click.echo(f"{'DRIFT' if found.changes else 'same '}  {found.id}")
            for change in found.changes:
                click.echo(f"         {change}")
    except MockError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    if as_json:
        documents = [
            {
                "id": found.id,
                "request": found.asked,
                "recorded_at": found.recorded_at,
                "changes": [change._asdict() for change in found.changes],
            }
            for found in listed
        ]
        click.echo(json.dumps({"asked": len(listed), "drifted": changed, "recordings": documents}, indent=2))
    else:
        click.echo(f"{len(listed)} recordings asked again, {changed} of another shape", err=True)
    if changed:
        sys.exit(1)


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


class _Ending:
    """What a signal does until the server takes signals over, and once it has stopped and raises what stopped it.

    It ends the program; once there is a server, the server, because an exit that is raised may be swallowed wherever
    the signal happens to come (in a finalizer, say), and nobody sends a second one.
    """

    def __init__(self) -> None:
        self.server: Server | None = None
        self.asked = False
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last is Windows' Ctrl-Break
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self)

    def __call__(self, *_: object) -> None:
        self.asked = True
        if self.server is None:
            sys.exit(0)
        self.server.should_exit = True


def _leading(proxy: socket.socket, secure: socket.socket) -> AbstractAsyncContextManager[None]:
    """The forward proxy that listens on `proxy` and leads to `secure`."""
    from mock_server import certificates, tunnel

    host, port = secure.getsockname()[:2]
    return tunnel.serving(proxy, certificates.CLOUDFLARE, (_reachable(host), port))


def _root(host: str, port: int) -> str:
    """The URL, without a slash at the end, of a server that listens on `host`."""
    host = _reachable(host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _reachable(host: str) -> str:
    """An address of this machine for one that a server listens on."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - a comparison


def _greeting(
    settings: Settings, listener: socket.socket, catalog: Catalog, secure: socket.socket | None = None
) -> str:
    account, token = _usable(settings)
    api = f"{_root(*listener.getsockname()[:2])}/client/v4"
    run = f"{api}/accounts/{account}/ai/run/{next(model.name for model in catalog if model.facts.get('demo'))}"
    curl = ["curl", run, "-H", f"Authorization: Bearer {token}", "-d", '{"prompt": "Say hello"}']
    return "\n".join(
        [
            f"workers-ai-mock {__version__} is up; Ctrl-C stops it.",
            "",
            f"  Cloudflare base URL  {api}",
            f"  OpenAI base URL      {api}/accounts/{account}/ai/v1",
            f"  Account id           {account}",
            f"  API token            {token}",
            *_mode_lines(settings),
            *([] if secure is None else _secure_lines(settings, secure)),
            "",
            "Try it:",
            "",
            f"  {_command(curl)}",
            "",
        ]
    )


def _mode_lines(settings: Settings) -> list[str]:
    if settings.mode == "generate":
        return []
    if settings.mode == "replay":
        return ["  Mode                 replay: answers come from fixtures only"]
    kept = f" and keeps what it says in {settings.recordings}" if settings.mode == "record" else ""
    return [f"  Mode                 {settings.mode}: asks {settings.upstream} with your token{kept}"]


def _secure_lines(settings: Settings, secure: socket.socket) -> list[str]:
    lines = [f"  HTTPS                port {secure.getsockname()[1]}; `workers-ai-mock ca` says what to trust"]
    if settings.proxy_port:
        lines.append(f"  HTTPS_PROXY          http://127.0.0.1:{settings.proxy_port}")
    return lines


def _command(words: list[str]) -> str:
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline(words)
    return shlex.join(words)


def _usable(settings: Settings) -> tuple[str, str]:
    """An account and a token to greet with; where an own accounts file has no pair that may write, what would do."""
    from mock_server.accounts import demo

    if settings.mode in ("record", "proxy"):
        return "ACCOUNT_ID", "TOKEN"  # the real ones, which nobody here knows
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
