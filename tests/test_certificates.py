import os
import ssl
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mock_server import certificates
from mock_server.errors import MockError

pytest.importorskip("trustme", reason='the extra "tls" is not installed')

NAMES = [*certificates.CLOUDFLARE, "localhost", "127.0.0.1", "::1", "workers-ai-mock"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority in it."""
    folder = tmp_path_factory.mktemp("ca")
    certificates.certificate(folder)
    return folder


def shake(server: ssl.SSLContext, trusted: Path, name: str) -> ssl.SSLObject:
    """The client's side of a handshake in memory. Raises ssl.SSLError as a client would."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(trusted)).wrap_bio(down, up, server_hostname=name)
    served = server.wrap_bio(up, down, server_side=True)
    waiting = [client, served]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
    return client


@pytest.mark.parametrize("name", NAMES)
def test_who_trusts_the_authority_can_ask_every_host_it_is_for(place: Path, name: str) -> None:
    found = shake(certificates.context(place, ()), place / "ca.pem", name)
    assert found.version() == "TLSv1.3"


def test_a_name_that_was_not_asked_for_is_not_on_the_certificate(place: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake(certificates.context(place, ()), place / "ca.pem", "mine.example")


@pytest.mark.parametrize("name", ["mine.example", "any.mine.example", "10.0.0.7"])
def test_given_names_are_on_the_certificate_too(place: Path, name: str) -> None:
    given = ("mine.example", "*.mine.example", "10.0.0.7", "localhost")
    shake(certificates.context(place, given), place / "ca.pem", name)


def test_a_name_that_is_none_is_told(place: Path) -> None:
    with pytest.raises(MockError, match="--tls-names: no name"):
        certificates.context(place, ("no name",))


def test_another_authority_is_not_trusted(place: Path, tmp_path: Path) -> None:
    other = certificates.certificate(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(certificates.context(place, ()), other, "localhost")


def test_the_authority_is_made_once(place: Path) -> None:
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    assert certificates.certificate(place) == place / "ca.pem"
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before
    assert set(before) == {"ca.pem", "ca.p12", "ca-key.pem"}


@pytest.mark.skipif(os.name != "posix", reason="Windows has other rights")
def test_only_the_user_reads_the_key(place: Path) -> None:
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()}
    assert rights["ca-key.pem"] == 0o600
    assert b"PRIVATE" not in (place / "ca.pem").read_bytes()


def test_several_that_start_at_once_share_one_authority(tmp_path: Path) -> None:
    make = (
        "import pathlib, sys; from mock_server.certificates import certificate; certificate(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", make, str(tmp_path)]
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(subprocess.run, command, check=True, timeout=60) for _ in range(3)]:
            done.result()
    assert {path.name for path in tmp_path.iterdir()} == {"ca.pem", "ca.p12", "ca-key.pem"}
    shake(certificates.context(tmp_path, ()), tmp_path / "ca.pem", "localhost")


@pytest.mark.parametrize("lost", ["ca.pem", "ca.p12", "ca-key.pem"])
def test_a_file_that_was_lost_comes_back_so_that_all_agree(tmp_path: Path, lost: str) -> None:
    path = certificates.certificate(tmp_path)
    before = path.read_bytes()
    (tmp_path / lost).unlink()
    context = certificates.context(tmp_path, ())
    assert (path.read_bytes() == before) is (lost != "ca-key.pem")
    shake(context, path, "localhost")


@pytest.mark.parametrize("wrong", [b"", b"not a key\n", certificates.BEGIN + b"\n"])
def test_a_file_that_is_no_authority_is_named(tmp_path: Path, wrong: bytes) -> None:
    (tmp_path / "ca-key.pem").write_bytes(wrong)
    with pytest.raises(MockError, match=r"ca-key\.pem: not a certificate authority"):
        certificates.context(tmp_path, ())


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MockError, match="file/ca: the certificate authority cannot be kept there"):
        certificates.certificate(tmp_path / "file" / "ca")


def test_without_a_choice_it_is_in_a_folder_of_the_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCALAPPDATA" if os.name == "nt" else "XDG_DATA_HOME", str(tmp_path))
    assert certificates.folder(None) == tmp_path / "workers-ai-mock"


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(MockError, match=r"workers-ai-mock\[tls\]"):
        certificates.context(place, ())
