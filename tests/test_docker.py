"""The container files among each other: what one names, the others have."""

import re
from pathlib import Path
from typing import Any

import pytest

from mock_server.certificates import CERTIFICATE, CLOUDFLARE
from mock_server.settings import PREFIX, Settings, options

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
COMPOSE = ["compose.yaml", "compose.tls.yaml"]
PUBLISHED = re.compile(r"127\.0\.0\.1:\$\{(\w+):-(\d+)\}:(\d+)")


def read(name: str) -> Any:
    return yaml.safe_load((DOCKER / name).read_text("utf-8"))


def emulator(name: str) -> dict[str, Any]:
    """The service of the emulator, with what it extends."""
    found: dict[str, Any] = read(name)["services"]["workers-ai-mock"]
    base = found.pop("extends", None)
    if base is None:
        return found
    below = emulator(base["file"])
    for key, value in found.items():
        below[key] = below.get(key, {}) | value if isinstance(value, dict) else [*below.get(key, []), *value]
    return below


def clients(name: str) -> list[dict[str, Any]]:
    return [service for service in read(name)["services"].values() if "profiles" in service]


@pytest.mark.parametrize("name", COMPOSE)
def test_every_variable_of_the_emulator_is_a_setting_that_is_accepted(name: str) -> None:
    environment: dict[str, str] = emulator(name)["environment"]
    values = {variable.removeprefix(PREFIX).lower(): value for variable, value in environment.items()}
    assert set(values) <= set(options())
    inside = {"/fixtures": str(ROOT / "fixtures")}
    here = {key: re.sub(r"^/fixtures", lambda found: inside[found[0]], value) for key, value in values.items()}
    assert Settings.load(here, environ={}).accounts == ROOT / "fixtures" / "accounts.json"


@pytest.mark.parametrize("name", COMPOSE)
def test_published_ports_are_those_the_emulator_listens_on(name: str) -> None:
    service = emulator(name)
    settings = Settings()
    listened = {settings.port}
    if service["environment"].get(f"{PREFIX}TLS") == "on":
        listened.add(int(service["environment"].get(f"{PREFIX}TLS_PORT", settings.tls_port)))
    found = [PUBLISHED.fullmatch(port) for port in service["ports"]]
    assert {int(port[3]) for port in found if port} == listened
    assert {(port[1], int(port[2])) for port in found if port} <= {
        (f"{PREFIX}PORT", settings.port),
        (f"{PREFIX}TLS_PORT", settings.tls_port),
    }


@pytest.mark.parametrize("name", COMPOSE)
def test_the_emulator_has_no_rights_it_does_not_need(name: str) -> None:
    service = emulator(name)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", COMPOSE)
def test_an_example_waits_for_the_emulator_and_comes_only_when_asked_for(name: str) -> None:
    (example,) = clients(name)
    assert example["depends_on"] == {"workers-ai-mock": {"condition": "service_healthy"}}
    script = next(volume for volume in example["volumes"] if volume.startswith("./"))
    assert (DOCKER / script.partition(":")[0]).is_file()


def test_over_tls_the_emulator_is_cloudflares_hosts() -> None:
    service = emulator("compose.tls.yaml")
    assert tuple(service["networks"]["default"]["aliases"]) == CLOUDFLARE
    folder = re.search(rf"{PREFIX}CA=(\S+)", DOCKERFILE)
    assert folder
    assert f"ca:{folder[1]}" in service["volumes"]
    (client,) = clients("compose.tls.yaml")
    assert client["environment"]["SSL_CERT_FILE"] == f"{folder[1]}/{CERTIFICATE}"


def test_the_image_listens_where_its_dockerfile_says() -> None:
    exposed = re.search(r"^EXPOSE (\d+) (\d+)$", DOCKERFILE, re.MULTILINE)
    assert exposed
    assert (int(exposed[1]), int(exposed[2])) == (Settings().port, Settings().tls_port)
    assert set(re.findall(rf"{PREFIX}(\w+)", DOCKERFILE)) <= {name.upper() for name in options()}


def test_everything_the_image_is_built_from_reaches_the_build() -> None:
    wanted = {word for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert {name for name in wanted if "*" not in name} <= allowed
    assert {path.name for path in ROOT.glob("requirements*.txt")} - allowed == {"requirements-dev.txt"}
    assert all((ROOT / name).exists() for name in allowed)


def test_the_image_holds_the_versions_that_are_tested() -> None:
    pins = [set(re.findall(r"^\S+==\S+", (ROOT / name).read_text("utf-8"), re.MULTILINE)) for name in LOCKS]
    assert pins[0] <= pins[1]
    assert "://" not in (ROOT / LOCKS[0]).read_text("utf-8")


LOCKS = ("requirements-image.txt", "requirements-dev.txt")


def test_the_example_for_github_starts_the_compose_file_that_is_there() -> None:
    steps = read("github-actions.yml")["jobs"]["test"]["steps"]
    named = {name for step in steps for name in re.findall(r"workers-ai-mock/(docker/\S+)", step.get("run", ""))}
    assert named == {"docker/compose.yaml"}
    assert all((ROOT / name).is_file() for name in named)
