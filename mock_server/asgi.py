"""``uvicorn mock_server.asgi:app``: the emulator with the settings that environment and defaults give."""

from mock_server.app import light

app = light()
