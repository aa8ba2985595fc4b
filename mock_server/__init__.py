"""An emulator of Cloudflare Workers AI for tests and demos: no account, no network, no bill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Settings", "__version__", "create_app"]

if TYPE_CHECKING:
    from mock_server.app import create_app
    from mock_server.settings import Settings


def __getattr__(name: str) -> Any:
    # Importing a submodule of this package must not import the whole house.
    if name == "create_app":
        from mock_server.app import create_app

        return create_app
    if name == "Settings":
        from mock_server.settings import Settings

        return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
