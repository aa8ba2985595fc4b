"""Certificates for the hosts that clients have built in: an authority made once, a certificate at every start."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mock_server.errors import MockError

if TYPE_CHECKING:
    from trustme import CA

CLOUDFLARE = ("api.cloudflare.com", "gateway.ai.cloudflare.com")
LOCAL = ("localhost", "127.0.0.1", "::1", "host.docker.internal", "workers-ai-mock")
CERTIFICATE, STORE, KEY = "ca.pem", "ca.p12", "ca-key.pem"
STORE_PASSWORD = "changeit"  # noqa: S105 - Java's own default; what it opens is the public certificate
BEGIN = b"-----BEGIN CERTIFICATE-----"
LASTS = timedelta(days=820)  # some clients take no server certificate that lasts longer than 825 days


def folder(chosen: Path | None) -> Path:
    """Where the authority is kept: `chosen`, or a folder of this user's data."""
    if chosen is not None:
        return chosen
    if os.name == "nt":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "workers-ai-mock"


def certificate(chosen: Path | None) -> Path:
    """The file of the authority's certificate, which clients are to trust; made, with its key, when it is not there.

    Beside it are KEY, which is this user's alone, and STORE, the certificate in the form that Java trusts. MockError
    when the library is not installed, or the files cannot be written or read.
    """
    place = folder(chosen)
    path, store = place / CERTIFICATE, place / STORE
    new = not (place / KEY).is_file()
    try:
        if new:
            place.mkdir(parents=True, exist_ok=True)
            _make(place / KEY)
        if new or not (path.is_file() and store.is_file()):
            found, _ = _authority(place)
            _write(path, found, 0o644)
            _write(store, _java_store(found), 0o644)
    except OSError as error:
        raise MockError(f"{place}: the certificate authority cannot be kept there: {error.strerror}") from error
    return path


def _make(path: Path) -> None:
    """Write a new authority, key and certificate, to `path`; of several that do so at once, the first one's stays."""
    made: CA = _library()(organization_name="workers-ai-mock", organization_unit_name="tests of this machine")
    part = path.with_name(f".{path.name}.{os.getpid()}")
    _write(part, made.private_key_pem.bytes() + made.cert_pem.bytes(), 0o600)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    except OSError:  # not every file system has links
        part.replace(path)
    part.unlink(missing_ok=True)


def _authority(place: Path) -> tuple[bytes, CA]:
    """The certificate in PEM, and what issues others."""
    library = _library()
    from cryptography.exceptions import UnsupportedAlgorithm

    key, begin, rest = (place / KEY).read_bytes().partition(BEGIN)
    try:
        return begin + rest, library.from_pem(begin + rest, key)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise MockError(f"{place / KEY}: not a certificate authority; remove {place} to have one made") from error


def context(chosen: Path | None, names: tuple[str, ...]) -> ssl.SSLContext:
    """What a TLS server needs to be Cloudflare's hosts, this machine, and `names`."""
    path = certificate(chosen)
    _, authority = _authority(path.parent)
    try:
        now = datetime.now(UTC)
        leaf = authority.issue_cert(
            *dict.fromkeys((*CLOUDFLARE, *LOCAL, *names)), not_before=now - timedelta(days=1), not_after=now + LASTS
        )
    except ValueError as error:
        raise MockError(f"--tls-names: {', '.join(names)}: {error}") from error
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.set_alpn_protocols(["http/1.1"])
    leaf.configure_cert(found)
    return found


def trusting(path: Path) -> dict[str, str]:
    """Environment variables that have clients trust the authority: Node, Python, Go, curl, Java.

    For all but Node they stand in the place of what is trusted otherwise.
    """
    file, store = str(path), str(path.with_name(STORE))
    java = {"trustStore": f"'{store}'" if " " in store else store, "trustStorePassword": STORE_PASSWORD}
    return {
        "NODE_EXTRA_CA_CERTS": file,
        "REQUESTS_CA_BUNDLE": file,
        "SSL_CERT_FILE": file,  # httpx, Python's own urllib, Go
        "CURL_CA_BUNDLE": file,
        "JAVA_TOOL_OPTIONS": " ".join(f"-Djavax.net.ssl.{name}={value}" for name, value in java.items()),
    }


def _java_store(certificate: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
    from cryptography.x509 import load_pem_x509_certificate

    entry = pkcs12.PKCS12Certificate(load_pem_x509_certificate(certificate), b"workers-ai-mock")
    return pkcs12.serialize_java_truststore([entry], BestAvailableEncryption(STORE_PASSWORD.encode()))


def _library() -> type[CA]:
    try:
        from trustme import CA
    except ImportError:
        raise MockError('TLS needs the extra "tls": pip install "workers-ai-mock[tls]"') from None
    return CA


def _write(path: Path, data: bytes, mode: int) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
    part.replace(path)
