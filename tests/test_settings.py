import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mock_server.errors import MockError
from mock_server.settings import Option, Settings, fixtures_folder, options, settings_table


def config(folder: Path, text: str) -> Path:
    path = folder / "mock.toml"
    path.write_text(text, "utf-8")
    return path


def test_without_any_source_every_setting_has_its_default() -> None:
    assert Settings.load({}, {}) == Settings()


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(tmp_path: Path) -> None:
    file = config(tmp_path, 'port = 1\nplan = "free"\nauth = "off"\n')
    environ = {"WORKERS_AI_MOCK_PORT": "2", "WORKERS_AI_MOCK_PLAN": "paid"}
    settings = Settings.load({"port": "3", "host": None}, environ, file)
    assert (settings.port, settings.plan, settings.auth, settings.host) == (3, "paid", "off", "127.0.0.1")


@pytest.mark.parametrize("source", ["flag", "environment"])
def test_the_file_is_named_by_flag_or_environment(tmp_path: Path, source: str) -> None:
    path = str(config(tmp_path, "port = 1234"))
    flags = {"config": path} if source == "flag" else {}
    environ = {"WORKERS_AI_MOCK_CONFIG": path} if source == "environment" else {}
    assert Settings.load(flags, environ).port == 1234


def test_an_empty_variable_counts_as_not_given() -> None:
    assert Settings.load({}, {"WORKERS_AI_MOCK_PORT": ""}).port == 8787


def test_variables_of_other_programs_are_left_alone() -> None:
    assert Settings.load({}, {"PORT": "1", "WORKERS_AI_PORT": "x"}) == Settings()


def test_a_relative_path_in_the_file_starts_from_the_files_folder(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text("[]")
    assert Settings.load({}, {}, config(tmp_path, 'accounts = "people.json"')).accounts == tmp_path / "people.json"


def test_several_folders_are_a_repeated_flag_a_variable_like_path_or_a_list_in_the_file(tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    for folder in folders:
        folder.mkdir()
    names = [str(folder) for folder in folders]
    assert Settings.load({"fixtures": tuple(names)}, {}).fixtures == folders
    assert Settings.load({"fixtures": ()}, {"WORKERS_AI_MOCK_FIXTURES": os.pathsep.join(names)}).fixtures == folders
    assert Settings.load({}, {}, config(tmp_path, 'fixtures = ["one", "two"]')).fixtures == folders


@pytest.mark.parametrize("value", ['"2026-06-01T12:00:00Z"', "2026-06-01T12:00:00Z", "2026-06-01T14:00:00+02:00"])
def test_the_clock_is_read_from_text_and_from_an_instant_of_toml(tmp_path: Path, value: str) -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp()
    assert Settings.load({}, {}, config(tmp_path, f"clock = {value}")).clock == noon


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        ({"port": "http"}, {}, "--port: 'http' is not accepted, only a whole number from 0 to 65535"),
        ({"port": "65536"}, {}, "--port: '65536' is not accepted, only a whole number from 0 to 65535"),
        ({"port": True}, {}, "--port: True is not accepted, only a whole number from 0 to 65535"),
        ({"host": ""}, {}, "--host: '' is not accepted, only text"),
        ({"max_body_bytes": "0"}, {}, "--max-body-bytes: '0' is not accepted, only a whole number from 1"),
        ({"auth": "on"}, {}, "--auth: 'on' is not accepted, only lenient, strict or off"),
        ({}, {"WORKERS_AI_MOCK_PLAN": "Free"}, "WORKERS_AI_MOCK_PLAN: 'Free' is not accepted, only paid or free"),
        ({"clock": "noon"}, {}, "--clock: 'noon' is not accepted, only an ISO 8601 date or instant"),
        ({"accounts": "nowhere.json"}, {}, "--accounts: 'nowhere.json' is not accepted, only the path of a file"),
        ({"config": "nowhere.toml"}, {}, "--config: 'nowhere.toml' is not accepted, only the path of a file"),
        ({"fixtures": ("nowhere",)}, {}, "--fixtures: ('nowhere',) is not accepted, only the path of a folder"),
        ({"prot": "1"}, {}, "--prot: there is no such setting; nearest: --port"),
        ({}, {"WORKERS_AI_MOCK_HOSTS": "x"}, "_HOSTS: there is no such setting; nearest: WORKERS_AI_MOCK_HOST"),
        ({}, {"WORKERS_AI_MOCK_XYZZY": "x"}, "nearest: WORKERS_AI_MOCK_HOST, WORKERS_AI_MOCK_PORT, "),
    ],
)  # fmt: skip
def test_a_bad_setting_names_source_value_and_what_is_accepted(
    flags: dict[str, object], environ: dict[str, str], message: str
) -> None:
    with pytest.raises(MockError) as caught:
        Settings.load(flags, environ)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = ", ": not a TOML file: Invalid value"),
        ('port = "x"', ": port: 'x' is not accepted, only a whole number from 0 to 65535"),
        ("port = 1.5", ": port: 1.5 is not accepted"),
        ("cors = true", ": cors: True is not accepted, only auto, on or off"),
        ("host = 4", ": host: 4 is not accepted, only text"),
        ("ports = 1", ": ports: there is no such setting; nearest: port"),
        ('config = "other.toml"', ": config: there is no such setting"),
    ],
)
def test_a_bad_file_is_named_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    path = config(tmp_path, text)
    with pytest.raises(MockError) as caught:
        Settings.load({}, {}, path)
    assert str(caught.value).startswith(f"{path}{message}")


def test_every_setting_has_words_and_a_default_that_its_own_check_accepts() -> None:
    for name, option in options().items():
        assert option.help.endswith(".")
        default = getattr(Settings(), name)
        if default not in (None, ""):
            assert option.read(default, Path()) == default


def test_the_table_has_a_row_for_every_setting() -> None:
    rows = settings_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == [Option.flag(name) for name in options()]
    assert len({row.count("|") for row in rows}) == 1


def test_the_shipped_fixtures_are_found() -> None:
    assert (fixtures_folder() / "accounts.json").is_file()
