import pytest

from mock_server import batches
from mock_server.batches import Batches, Durations, Job
from mock_server.catalog import Catalog
from mock_server.errors import MockError

CATALOG = Catalog.load()
MODEL = next(model for model in CATALOG if model.has("async_queue"))


def job(number: int, account: str = "a", size: int = 10, submitted: float = 0.0) -> Job:
    return Job(f"job-{number}", account, MODEL, submitted, size, [{"text": "x"}])


@pytest.mark.parametrize(
    ("text", "durations"),
    [
        ("0", (0, 0)),
        ("4s", (2, 2)),
        ("500ms", (0.25, 0.25)),
        ("1s,3s", (1, 3)),
        ("1, 2.5", (1, 2.5)),
        ("0,100ms", (0, 0.1)),
    ],
)
def test_durations_are_read_from_their_text(text: str, durations: tuple[float, float]) -> None:
    assert batches.parse(text) == Durations(*durations)


@pytest.mark.parametrize("text", ["", "soon", "1,2,3", "-1", "1m", "1s 2s"])
def test_a_duration_that_is_none_is_refused_by_name_and_value(text: str) -> None:
    with pytest.raises(MockError, match=r"--batch-duration: .* is not accepted, only"):
        batches.parse(text)


@pytest.mark.parametrize(
    ("now", "state"), [(100, "queued"), (101.9, "queued"), (102, "running"), (106.9, "running"), (107, "done")]
)
def test_a_job_waits_then_runs_then_is_done(now: float, state: str) -> None:
    assert Batches("2s,5s").state(job(1, submitted=100), now) == state


def test_a_job_is_found_by_its_own_account_only() -> None:
    room = Batches("0")
    room.submit(job(1, "a"))
    assert room.find("a", "job-1") is not None
    assert room.find("b", "job-1") is None
    assert room.find("a", ["job-1"]) is None


def test_the_oldest_jobs_go_where_there_is_no_room() -> None:
    room = Batches("0")
    for number in range(batches.KEPT + 2):
        room.submit(job(number))
    assert [room.find("a", f"job-{number}") is not None for number in range(4)] == [False, False, True, True]
    room.submit(job(-1, size=batches.ROOM))
    assert room.find("a", "job--1") is not None
    assert room.find("a", "job-500") is None


def test_an_account_is_forgotten_and_so_are_all() -> None:
    room = Batches("0")
    room.submit(job(1, "a"))
    room.submit(job(1, "b"))
    room.forget("a")
    assert room.find("a", "job-1") is None
    assert room.find("b", "job-1") is not None
    room.forget()
    assert room.find("b", "job-1") is None


def test_models_take_batches_that_say_so_or_list_requests_in_their_schema() -> None:
    taking = {model.name for model in CATALOG if batches.takes(model, CATALOG.schema(model, "input"))}
    documented = {
        "@cf/meta/llama-3.3-70b-instruct-fp8-fast",
        "@cf/baai/bge-small-en-v1.5",
        "@cf/baai/bge-base-en-v1.5",
        "@cf/baai/bge-large-en-v1.5",
        "@cf/baai/bge-m3",
        "@cf/meta/m2m100-1.2b",
    }
    assert documented <= taking
    assert "@cf/meta/llama-3.1-8b-instruct-fp8" not in taking
