from typing import Any

import pytest

from mock_server import verdicts
from mock_server.catalog import Catalog
from mock_server.exchange import Answer, Call, Choice, Completion, Tokens, Usage
from mock_server.journal import Entry
from mock_server.verdicts import FINDINGS, Finding

MODEL = Catalog.load().find("@cf/meta/llama-3.1-8b-instruct-fp8")
TEXT = "The harbour lies in the south of the town."


def entry(number: int, started: float, status: int = 200, code: int = 0, **more: Any) -> Entry:
    """One request that took a millisecond; a fault and an error are told by `more` and `code`."""
    made = Entry(number, 0.0, "POST", "/ai/run/x", {}, "a" * 32, "native")
    made.started, made.seconds, made.status = started, 0.001, status
    made.error = (code, "") if code else None
    for name, value in more.items():
        setattr(made, name, value)
    return made


def told(text: str = TEXT, **inputs: Any) -> dict[str, Any]:
    """Call and answer of a streamed completion."""
    assert MODEL is not None
    tokens = Tokens(1, 1)
    call = Call("a" * 32, MODEL, {"messages": [], **inputs}, "", 0.0, stream=True)
    return {"call": call, "answer": Answer(Completion((Choice(text),), tokens), "responder", Usage(tokens, 0.0))}


def found(*entries: Entry, now: float = 100.0, patience: float = 10.0) -> list[tuple[str, str, tuple[int, ...]]]:
    findings = verdicts.of(entries, now, patience)
    assert all(finding.id in FINDINGS and finding.explanation for finding in findings)
    return [(finding.id, finding.severity, finding.entries) for finding in findings]


def test_a_client_without_trouble_has_no_findings() -> None:
    assert found(entry(1, 0), entry(2, 0.001), entry(3, 0.002)) == []


def test_a_patient_retry_has_no_findings() -> None:
    assert found(entry(1, 0, 429, 3040), entry(2, 0.5)) == []


def test_a_retry_at_once_is_too_fast() -> None:
    assert found(entry(1, 0, 500, 3043), entry(2, 0.05)) == [("retried-too-fast", "warning", (1, 2))]


@pytest.mark.parametrize("fault", ["reset", "close", "garbage", "empty", "malformed:1", "truncate:1"])
def test_a_retry_at_once_after_a_broken_answer_is_too_fast(fault: str) -> None:
    assert found(entry(1, 0, 200, fault=fault), entry(2, 0.01)) == [("retried-too-fast", "warning", (1, 2))]


def test_a_retry_before_its_time_ignores_retry_after() -> None:
    assert found(entry(1, 0, 429, 3040, retry_after=1.0), entry(2, 0.7)) == [("ignored-retry-after", "error", (1, 2))]
    assert found(entry(1, 0, 429, 3040, retry_after=1.0), entry(2, 1.1)) == []
    assert found(entry(1, 0, 429, 3040, retry_after=0.02), entry(2, 0.03)) == []


@pytest.mark.parametrize(
    ("status", "code"), [(429, 4006), (429, 3036), (400, 5006), (410, 5028), (401, 10000), (403, 5035), (413, 5021)]
)
def test_what_cannot_succeed_is_retried_in_vain(status: int, code: int) -> None:
    assert found(entry(1, 0, status, code), entry(2, 5.0)) == [("retried-in-vain", "error", (1, 2))]
    assert found(entry(1, 0, status, code)) == []


def test_terms_that_were_agreed_to_are_asked_again_with_good_reason() -> None:
    assert found(entry(1, 0, 403, 5016), entry(2, 5.0)) == []


def test_another_body_another_account_or_a_minute_later_is_no_retry() -> None:
    first = entry(1, 0, 400, 5006)
    assert found(first, entry(2, 0.01, fingerprint=1)) == []
    assert found(first, entry(2, 0.01, account="b" * 32)) == []
    assert found(first, entry(2, 90.0)) == []


def test_complaints_of_the_emulator_itself_are_no_trouble() -> None:
    assert found(entry(1, 0, 422), entry(2, 0.01, 501)) == []


def test_giving_up_at_once_is_told_and_no_more() -> None:
    assert found(entry(1, 0, 429, 3040)) == [("gave-up-at-once", "info", (1,))]
    assert found(entry(1, 0, 0, fault="reset")) == [("gave-up-at-once", "info", (1,))]
    assert found(entry(1, 0, 429, 3040), entry(2, 1.0, 429, 3040)) == []


def test_ten_times_without_success_is_too_often() -> None:
    entries = [entry(number, float(number), 429, 3040) for number in range(1, 11)]
    assert found(*entries) == [("never-gives-up", "error", tuple(range(1, 11)))]
    assert found(*entries[:9]) == []
    entries[4].status, entries[4].error = 200, None
    assert found(*entries) == []


def test_a_text_cut_short_that_comes_back_as_the_models_words_was_accepted() -> None:
    cut = entry(1, 0, fault="end:3", **told())
    turns = [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": TEXT[:15]}]
    later = entry(2, 1.0, fingerprint=2, **told("Yes.", messages=turns))
    assert found(cut, later) == [("accepted-truncated-stream", "error", (1, 2))]


def test_a_whole_text_that_comes_back_was_not_truncated() -> None:
    cut = entry(1, 0, fault="no-done", **told())
    turns = [{"role": "assistant", "content": TEXT}]
    later = entry(2, 1.0, fingerprint=2, **told("Yes.", messages=turns))
    assert found(cut, later) == [("broken-stream-not-repeated", "info", (1,))]


@pytest.mark.parametrize(
    ("fault", "severity"),
    [("end:3", "warning"), ("truncate:1", "warning"), ("malformed:1", "warning"), ("error-frame:1", "warning"),
     ("cut:3", "info"), ("no-done", "info")],
)  # fmt: skip
def test_a_broken_stream_that_is_not_asked_for_again_is_told(fault: str, severity: str) -> None:
    assert found(entry(1, 0, fault=fault, **told())) == [("broken-stream-not-repeated", severity, (1,))]
    assert found(entry(1, 0, fault=fault, **told()), entry(2, 1.0, **told())) == []


def test_who_still_waits_after_ten_seconds_has_no_timeout() -> None:
    waiting = entry(1, 0, 0, fault="hang", seconds=0.0)
    assert found(waiting, now=11.0) == [("no-timeout", "error", (1,))]
    assert found(waiting, now=9.0) == []
    assert found(waiting, now=2.0, patience=1.0) == [("no-timeout", "error", (1,))]


def test_who_left_in_time_has_a_timeout() -> None:
    assert found(entry(1, 0, 499, fault="hang", seconds=3.0)) == [("timed-out", "info", (1,))]
    assert found(entry(1, 0, 499, fault="stall:2", seconds=30.0)) == [("no-timeout", "error", (1,))]


def test_a_finding_is_json() -> None:
    assert Finding("timed-out", "info", (1,), "It went.").json() == {
        "id": "timed-out",
        "severity": "info",
        "entries": [1],
        "explanation": "It went.",
    }
