"""What can be set, by flag, environment variable or TOML file: one frozen object, read once at the start.

A plain dataclass rather than a pydantic model: importing a settings library takes as long as everything else from the
start of the process to its first answer, and that whole is to stay under half a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from mock_server.clock import LAST, Clock
from mock_server.errors import MockError

PREFIX = "WORKERS_AI_MOCK_"


def fixtures_folder() -> Path:
    """Where the shipped fixtures are: inside an installed package, or beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / "_fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def _shipped_accounts() -> Path:
    return fixtures_folder() / "accounts.json"


def _about(
    text: str, *, least: int = 0, most: int | None = None, folder: bool = False, shown: str = ""
) -> dict[str, Any]:
    return {"help": text, "least": least, "most": most, "folder": folder, "shown": shown}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. A field's type says what it accepts; its flag, variable and key follow its name."""

    host: str = field(default="127.0.0.1", metadata=_about("Address to listen on; `0.0.0.0` for every interface."))
    port: int = field(default=8787, metadata=_about("Port to listen on; 0 takes a free one.", most=65535))
    tls: Literal["on", "off"] = field(
        default="off",
        metadata=_about(
            "Whether HTTPS is served too, with a certificate for Cloudflare's hosts and this machine; "
            "`workers-ai-mock ca` says what clients are to trust."
        ),
    )
    tls_port: int = field(default=8443, metadata=_about("Port for HTTPS; 0 takes a free one.", most=65535))
    tls_names: str = field(
        default="",
        metadata=_about("More names that the certificate is for, separated by commas.", shown="none"),
    )
    ca: Path | None = field(
        default=None,
        metadata=_about(
            "Folder of the certificate authority, which is made there once.",
            folder=True,
            shown="a folder of this user's data",
        ),
    )
    proxy_port: int = field(
        default=0,
        metadata=_about(
            "Port of a forward proxy that leads Cloudflare's hosts here, for `HTTPS_PROXY`; needs `--tls on`; "
            "0 for none.",
            most=65535,
        ),
    )
    auth: Literal["lenient", "strict", "off"] = field(
        default="lenient",
        metadata=_about(
            "Who may ask: `lenient` takes any well-formed token besides the listed ones, `strict` listed ones only, "
            "`off` everybody."
        ),
    )
    auth_variant: Literal["newest", "older"] = field(
        default="newest",
        metadata=_about(
            "Which observation of the real service a refusal follows where observations contradict each other."
        ),
    )
    accounts: Path = field(
        default_factory=_shipped_accounts,
        metadata=_about("Accounts and tokens.", shown="the shipped `fixtures/accounts.json`"),
    )
    fixtures: tuple[Path, ...] = field(
        default=(),
        metadata=_about(
            "Folders of your own fixtures, which answer before the shipped ones; the last one first.",
            folder=True,
            shown="none",
        ),
    )
    mode: Literal["generate", "replay", "record", "proxy"] = field(
        default="generate",
        metadata=_about(
            "Who answers what no fixture or stub does: `generate` makes an answer, `replay` refuses with 501, `record` "
            "and `proxy` ask the real service with the caller's own token, and `record` keeps what it said."
        ),
    )
    upstream: str = field(
        default="https://api.cloudflare.com", metadata=_about("Whom `--mode record` and `proxy` ask.")
    )
    recordings: Path | None = field(
        default=None,
        metadata=_about(
            "Folder that `--mode record` writes to, which wants one; give it as `--fixtures` to replay it.",
            folder=True,
            shown="none",
        ),
    )
    plan: Literal["paid", "free"] = field(
        default="paid", metadata=_about("Plan of every account that the accounts file does not give one.")
    )
    deprecated_models: Literal["error", "answer"] = field(
        default="error",
        metadata=_about(
            "Whether a model past its deprecation date is refused, as by the real service, or still answers."
        ),
    )
    unknown_models: Literal["error", "infer"] = field(
        default="error",
        metadata=_about(
            "Whether a model outside the catalog is refused, or answered as the task that its input looks like."
        ),
    )
    agreements: Literal["ask", "given"] = field(
        default="ask",
        metadata=_about(
            "Whether a model whose licence must be agreed to asks for it, once per account, or takes it as given."
        ),
    )
    max_body_bytes: int = field(default=104_857_600, metadata=_about("Largest request body, in bytes.", least=1))
    cors: Literal["auto", "on", "off"] = field(
        default="auto",
        metadata=_about("Whether pages of any origin may call from a browser; `auto`: on a loopback address they may."),
    )
    clock: float | None = field(
        default=None,
        metadata=_about(
            "What the emulator's clock shows at the start, from where it runs; UTC unless it names a zone.",
            shown="the real time",
        ),
    )
    pacing: str = field(
        default="none",
        metadata=_about(
            "How fast answers come: `none` at once, `realistic` by estimates for each model, or the time to the first "
            "token and between tokens, such as `200ms,15ms`, or `recorded` for the times of recorded answers; the "
            "header `x-mock-pacing` says it for one request."
        ),
    )
    batch_duration: str = field(
        default="0",
        metadata=_about(
            "How long a batch takes by the emulator's clock: the time in the queue and the time of its work, such as "
            "`1s,3s`, or one time for both. At `0` the first poll has the answers."
        ),
    )
    data: Path | None = field(
        default=None,
        metadata=_about(
            "Folder where fine-tunes and their files are kept, and read from at the next start.",
            folder=True,
            shown="none: they are forgotten when the server stops",
        ),
    )
    quirks: Literal["real", "clean"] = field(
        default="real",
        metadata=_about(
            "Whether models show what was observed of them but nobody wants, such as tool calls streamed as text, "
            "or answer as they should."
        ),
    )
    extensions: Literal["on", "off"] = field(
        default="off",
        metadata=_about("Whether routes answer that the real service does not have: `GET ai/v1/models` lists models."),
    )
    limits: str = field(
        default="off",
        metadata=_about(
            "How much may be asked: `off`, `real` as published (requests a minute by task and model; 10,000 neurons a "
            "day on the free plan), or numbers of your own such as `rpm=5,neurons=100,concurrency=2`."
        ),
    )
    control: Literal["on", "off"] = field(
        default="on",
        metadata=_about("Whether the control routes below `/_mock` are there; `/_mock/health` and media always are."),
    )
    control_token: str | None = field(
        default=None,
        repr=False,
        metadata=_about(
            "What the control routes want as `Authorization: Bearer …`, all but `/_mock/health` and media.",
            shown="none: they are open",
        ),
    )
    strict_advice: Literal["on", "off"] = field(
        default="off",
        metadata=_about("Whether a warning among the advice (`x-mock-advice`) is an error of the emulator's own, 422."),
    )
    log: Literal["on", "off"] = field(default="on", metadata=_about("Access log on standard error."))
    config: Path | None = field(default=None, metadata=_about("File with any of the other settings.", shown="none"))

    @classmethod
    def load(
        cls,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        config_path: Path | str | None = None,
    ) -> Settings:
        """Settings from flags, environment and TOML file; the first of them that names a field decides.

        flags: field -> value or its text; None is "not given". environ: None for that of the process; an empty
        variable is "not given". config_path: the TOML file; None for what flag or variable `config` says; relative
        paths inside it start from its folder. Raises MockError naming source, field, value and what is accepted.
        """
        known = options()
        given = {name: value for name, value in (flags or {}).items() if value not in (None, ())}
        if config_path is not None:
            given["config"] = config_path
        variables = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in (os.environ if environ is None else environ).items()
            if name.startswith(PREFIX) and value
        }
        values = _read(variables.items(), known, Option.variable)
        values |= _read(given.items(), known, Option.flag)
        if config := values.get("config"):
            keys = {name: option for name, option in known.items() if name != "config"}
            file = _read(_toml(config), keys, str, f"{config}: ", config.parent)
            values = file | values
        return cls(**values)


class Option(NamedTuple):
    """A field of Settings as flags, checks and documentation see it. default: as documentation shows it."""

    name: str
    help: str
    kind: type
    choices: tuple[str, ...]
    least: int
    most: int | None
    folder: bool
    many: bool
    default: str

    @staticmethod
    def flag(name: str) -> str:
        """How the command line spells the field `name`."""
        return f"--{name.replace('_', '-')}"

    @staticmethod
    def variable(name: str) -> str:
        """The environment variable of the field `name`."""
        return PREFIX + name.upper()

    @property
    def accepts(self) -> str:
        """What a value may be, in words."""
        if self.choices:
            return ", ".join(self.choices[:-1]) + f" or {self.choices[-1]}"
        if self.kind is int:
            return f"a whole number from {self.least}" + (f" to {self.most}" if self.most else "")
        if self.kind is Path:
            one = f"the path of a {'folder' if self.folder else 'file'} that exists"
            return (
                f"{one}; several by repeating the flag, as PATH does in a variable, as a list in TOML"
                if self.many
                else one
            )
        return "an ISO 8601 date or instant" if self.kind is float else "text"

    def read(self, value: object, base: Path) -> object:
        """The field's value from its text, or from what TOML makes of it. Raises ValueError for one not accepted."""
        if self.many:
            return self._read_many(value, base)
        if self.choices:
            good = value in self.choices
        elif self.kind is int:
            value = int(value) if isinstance(value, str) else value
            good = type(value) is int and self.least <= value <= (self.most or value)
        elif self.kind is float:
            value = Clock.parse(str(value))  # str: TOML has dates and instants of its own
            good = 0 <= value < LAST
        elif self.kind is Path:
            value = base / str(value)
            good = value.is_dir() if self.folder else value.is_file()
        else:
            good = isinstance(value, str) and value != ""
        if not good:
            raise ValueError
        return value

    def _read_many(self, value: object, base: Path) -> tuple[object, ...]:
        one = self._replace(many=False)
        values = value.split(os.pathsep) if isinstance(value, str) else value
        if not isinstance(values, list | tuple):
            raise ValueError
        return tuple(one.read(item, base) for item in values)


def options() -> dict[str, Option]:
    """Every field of Settings by name, in order."""
    hints = get_type_hints(Settings)
    found = {}
    for item in fields(Settings):
        hint = hints[item.name]
        kinds = [kind for kind in get_args(hint) if kind not in (NoneType, Ellipsis)] or [hint]
        choices = tuple(kind for kind in kinds if isinstance(kind, str))
        about = item.metadata
        found[item.name] = Option(
            name=item.name,
            help=about["help"],
            kind=str if choices else kinds[0],
            choices=choices,
            least=about["least"],
            most=about["most"],
            folder=about["folder"],
            many=get_origin(hint) is tuple,
            default=about["shown"] or f"`{item.default}`",
        )
    return found


def settings_table() -> str:
    """Every setting as a Markdown table."""
    rows = ["| Flag | Environment variable | TOML key | Default | Meaning | Accepts |", "|---|---|---|---|---|---|"]
    for name, option in options().items():
        key = "" if name == "config" else f"`{name}`"
        names = f"`{Option.flag(name)}` | `{Option.variable(name)}` | {key}"
        rows.append(f"| {names} | {option.default} | {option.help} | {option.accepts} |")
    return "\n".join(rows) + "\n"


def _read(
    given: Iterable[tuple[str, object]],
    known: Mapping[str, Option],
    spell: Callable[[str], str],
    source: str = "",
    base: Path = Path(),
) -> dict[str, Any]:
    """What one source says. spell: how it names a field. base: where its relative paths start."""
    values: dict[str, Any] = {}
    for name, value in given:
        where = source + spell(name)
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 1) or known
            raise MockError(f"{where}: there is no such setting; nearest: {', '.join(map(spell, near))}")
        try:
            values[name] = known[name].read(value, base)
        except ValueError:
            raise MockError(f"{where}: {value!r} is not accepted, only {known[name].accepts}") from None
    return values


def _toml(path: Path) -> Iterable[tuple[str, object]]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8")).items()
    except (OSError, ValueError) as error:
        raise MockError(f"{path}: not a TOML file: {error}") from error
