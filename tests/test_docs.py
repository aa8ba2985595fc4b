import re
import tomllib
from pathlib import Path

import pytest

import mock_server
from mock_server.settings import settings_table

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ["requirements.txt", "requirements-dev.txt"]


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_shows_the_settings_as_they_are() -> None:
    shown = re.findall(r"<!-- settings -->\n(.*?)<!-- /settings -->", page("README.md"), re.DOTALL)
    assert shown == [settings_table()], "run `make docs`"


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_a_page_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", page(name), re.DOTALL))
    named = set(re.findall(r"(?:^|`|\$ )make ([a-z]+)", code, re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("name", PAGES)
def test_every_relative_link_of_a_page_leads_somewhere(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", page(name)) if "://" not in link]
    for path, _, anchor in (link.partition("#") for link in links):
        target = ROOT / (path or name)
        assert target.exists(), f"{name}: {path}"
        assert not anchor or anchor in anchors(target.read_text("utf-8")), f"{name}: {path}#{anchor}"


def test_the_pages_a_reader_looks_for_are_there() -> None:
    assert {"ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"} <= set(PAGES)


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["project"]["version"] == mock_server.__version__
    assert f"## [{mock_server.__version__}]" in page("CHANGELOG.md")


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-image.txt"])
def test_a_lock_file_pins_every_dependency_and_names_no_address(lock: str) -> None:
    names = [re.split(r"[\[><=]", wanted)[0] for wanted in PROJECT["project"]["dependencies"]]
    pinned = set(re.findall(r"^([a-z0-9-]+)==", page(lock), re.MULTILINE))
    assert set(names) <= pinned
    assert "://" not in page(lock)


def test_serving_and_testing_install_the_same_versions() -> None:
    serving, testing = (set(re.findall(r"^\S+==.*?(?= \\$)", page(lock), re.MULTILINE)) for lock in LOCKS)
    assert serving <= testing
