"""How fast answers come: what a pacing means, where it is said, and that a client who leaves ends the work."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from harness import Emulator

from mock_server import pacing
from mock_server.api import writing
from mock_server.api.asgi import Disconnected
from mock_server.catalog import Catalog
from mock_server.errors import MockError
from mock_server.pacing import JITTER, Pacing

MODEL = "@cf/meta/llama-3.2-1b-instruct"
ASK = {"messages": [{"role": "user", "content": "Say hi"}], "stream": True}


def test_durations_are_read_in_milliseconds() -> None:
    assert pacing.parse("200ms,15ms", "here") == Pacing(0.2, 0.015)
    assert pacing.parse("0ms, 0.5ms", "here") == Pacing(0.0, 0.0005)
    assert pacing.parse("none", "here") is None


@pytest.mark.parametrize("text", ["fast", "200,15", "200ms", "-1ms,1ms", "1s,1ms", ""])
def test_another_pacing_is_refused_by_name_and_value(text: str) -> None:
    with pytest.raises(MockError, match=r"^here: .* is not accepted, only none, realistic"):
        pacing.parse(text, "here")


def test_delays_vary_around_their_mean_and_repeat_with_their_seed() -> None:
    paced = Pacing(1.0, 0.1)
    first, *rest = itertools.islice(paced.delays(7), 200)
    assert 1 - JITTER <= first <= 1 + JITTER
    assert all(0.1 * (1 - JITTER) <= delay <= 0.1 * (1 + JITTER) for delay in rest)
    assert len(set(rest)) > 100
    assert list(itertools.islice(paced.delays(7), 200)) == [first, *rest]
    assert list(itertools.islice(paced.delays(8), 200)) != [first, *rest]


def test_a_whole_answer_takes_as_long_as_its_stream() -> None:
    paced = Pacing(0.5, 0.01)
    assert paced.whole(3, 50) == pytest.approx(sum(itertools.islice(paced.delays(3), 50)))


def test_dearer_models_are_slower() -> None:
    catalog = Catalog.load()
    paces = {
        model.prices.get("per M output tokens", 0.0): pacing.realistic(model) for model in catalog if model.formats
    }
    ordered = [paces[price] for price in sorted(paces) if price > 0]
    assert all(a.between <= b.between and a.first <= b.first for a, b in itertools.pairwise(ordered))
    assert ordered[0].between < ordered[-1].between


def test_a_paced_stream_says_what_an_unpaced_one_says(make_emulator: Callable[..., Emulator]) -> None:
    plain = make_emulator().run(MODEL, ASK)
    for answer in (
        make_emulator(pacing="1ms,0ms").run(MODEL, ASK),
        make_emulator().run(MODEL, ASK, {"x-mock-pacing": "0ms,1ms"}),
        make_emulator(pacing="9000ms,9000ms").run(MODEL, ASK, {"x-mock-pacing": "none"}),
    ):
        assert answer.body == plain.body
        assert len(answer.parts) == len(plain.parts)


def test_a_wrong_header_is_ours_to_refuse(emulator: Emulator) -> None:
    answer = emulator.run(MODEL, ASK, {"x-mock-pacing": "soon"})
    assert answer.status == 422
    assert "x-mock-pacing: 'soon' is not accepted" in answer.json["mock_error"]


def test_a_wrong_setting_is_refused_at_the_start(make_emulator: Callable[..., Emulator]) -> None:
    with pytest.raises(MockError, match="--pacing"):
        make_emulator(pacing="soon")


def test_a_client_that_leaves_ends_the_stream() -> None:
    made: list[int] = []
    sent: list[Any] = []

    def frames() -> Any:
        for number in itertools.count():
            made.append(number)
            yield b"data: x\n\n"

    async def scenario() -> None:
        gone = asyncio.Event()

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) == 3:
                gone.set()

        with pytest.raises(Disconnected):
            await writing.send_paced(send, receive, [], frames(), itertools.repeat(0.001))
        with pytest.raises(Disconnected):
            await writing.wait(receive, 3600)

    asyncio.run(scenario())
    assert len(sent) <= 4
    assert len(made) <= 4


def test_prompt_tokens_that_a_session_repeats_are_cached(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator()
    long = [{"role": "system", "content": "Answer briefly. " * 40}, {"role": "user", "content": "What is a cloud?"}]
    longer = [*long, {"role": "assistant", "content": "Water."}, {"role": "user", "content": "And rain?"}]

    def usage(messages: list[dict[str, str]], **headers: str) -> Any:
        return emulator.run(MODEL, {"messages": messages}, headers).result["usage"]

    session = {"x-session-affinity": "a"}
    assert usage(long, **session)["prompt_tokens_details"] == {"cached_tokens": 0}
    again = usage(longer, **session)
    cached = again["prompt_tokens_details"]["cached_tokens"]
    assert cached > 0
    assert cached % 64 == 0
    assert cached <= again["prompt_tokens"]
    assert usage(longer)["prompt_tokens_details"] == {"cached_tokens": 0}
    assert usage(longer, **{"x-session-affinity": "b"})["prompt_tokens_details"] == {"cached_tokens": 0}
    elsewhere = emulator.ask(
        "POST",
        f"/accounts/{'f' * 32}/ai/run/{MODEL}",
        b'{"prompt":"hi"}',
        {"authorization": "Bearer " + "x" * 40, **session},
    )
    assert elsewhere.result["usage"]["prompt_tokens_details"] == {"cached_tokens": 0}
