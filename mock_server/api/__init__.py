"""HTTP: the doors of the house. The only rooms, with ``app``, that know ASGI, fastapi and starlette."""
