"""Media of answers that name them by their address: pictures, films and recordings of other providers' models."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from mock_server.api.serving import Serving
from mock_server.errors import MockError


def router(serving: Serving) -> APIRouter:
    """The routes, without the prefix ``/_mock``."""
    routes = APIRouter()
    shelf = serving.pipeline.shelf

    @routes.get(
        "/media/{name}",
        summary="A file that an answer named",
        response_class=Response,
        responses={
            200: {"content": {"application/octet-stream": {}}},
            404: {"description": "No such file, or no longer"},
        },
    )
    def media(name: str) -> Response:
        """The file under the address that an answer of `ai/run` gave. The oldest go when they are over 64 MiB."""
        found = shelf.get(name)
        if found is None:
            raise MockError(f"media: no file {name!r} here, or no longer; ask the model again", status=404)
        return Response(found.body, media_type=found.media_type)

    return routes
