"""What the tests of formats share: calls to models that exist only for them, and reading a stream back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mock_server.catalog import Model
from mock_server.exchange import Call


def make_model(name: str = "@cf/example/model", prices: tuple[float, ...] = (0.1, 0.3), **facts: Any) -> Model:
    """prices: USD per million input, output and cached input tokens."""
    units = ("per M input tokens", "per M output tokens", "per M cached input tokens")
    listed = [{"unit": unit, "price": price} for unit, price in zip(units, prices, strict=False)]
    return Model(name, "Text Generation", "text_generation", {}, formats={}, facts=facts, properties={"price": listed})


@pytest.fixture(scope="session")
def model() -> Callable[..., Model]:
    """Makes a model with the given facts."""
    return make_model


@pytest.fixture(scope="session")
def call() -> Callable[..., Call]:
    """Makes a call to a model with the given facts."""

    def make(facts: dict[str, Any] | None = None, **fields: Any) -> Call:
        given: dict[str, Any] = {"request_id": "f962191d-3d2f-4741-8286-b60056319eb5", "now": 1791402526.7, "seed": 7}
        given |= fields
        name, prices = given.pop("name", "@cf/example/model"), given.pop("prices", (0.1, 0.3))
        return Call("account", make_model(name, prices, **(facts or {})), given.pop("inputs", {}), **given)

    return make


@pytest.fixture(scope="session")
def read() -> Callable[[list[bytes]], list[Any]]:
    """Reads the frames of a stream back: each exactly one event of one line of data, the last ``[DONE]``."""

    def events(frames: list[bytes]) -> list[Any]:
        assert frames[-1] == b"data: [DONE]\n\n"
        data = []
        for frame in frames[:-1]:
            assert frame.startswith(b"data: ")
            assert frame.endswith(b"\n\n")
            assert frame.count(b"\n") == 2
            assert b"\r" not in frame
            data.append(json.loads(frame[6:]))
        return data

    return events
