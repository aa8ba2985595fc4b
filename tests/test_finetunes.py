import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_server import finetunes
from mock_server.catalog import Catalog
from mock_server.errors import ApiError, MockError
from mock_server.finetunes import CONFIG, WEIGHTS, Finetune, Finetunes

MODEL = "@cf/mistral/mistral-7b-instruct-v0.2-lora"
GIVEN = {"model": MODEL, "name": "mine"}


def weights(rank: int = 8, **changes: Any) -> bytes:
    """A safetensors file of one LoRA pair. changes: of the header, by tensor."""
    down = {"dtype": "F16", "shape": [rank, 4], "data_offsets": [0, rank * 8]}
    up = {"dtype": "F16", "shape": [4, rank], "data_offsets": [rank * 8, rank * 16]}
    header = {"__metadata__": {"format": "pt"}, "q.lora_A.weight": down, "q.lora_B.weight": up} | changes
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(rank * 16)


def upload(room: Finetunes, finetune: Finetune, name: str, data: bytes, account: str = "a") -> None:
    intake = room.intake(account, finetune.id)
    for at in range(0, len(data), 1000):
        intake.write(data[at : at + 1000])
    room.attach(account, intake, name, f"asset of {name}", 1.5)


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(ApiError) as caught:
        ask()
    assert caught.value.row.status == 400
    return caught.value.message()


def test_a_fine_tune_is_ready_when_both_files_are_there() -> None:
    room = Finetunes()
    made = room.create("a", "id-1", 0.0, GIVEN)
    assert not made.ready
    upload(room, made, CONFIG, b'{"r": 8}')
    assert not room.usable("a", "mine")
    upload(room, made, WEIGHTS, weights())
    assert made.ready
    assert room.usable("a", "mine")
    assert room.usable("a", "id-1")
    assert not room.usable("b", "mine")
    assert made.created_at == "1970-01-01T00:00:00.000Z"
    assert made.modified_at == "1970-01-01T00:00:01.500Z"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "model"),
        ({"model": MODEL}, "name"),
        ({"model": MODEL, "name": ""}, "name"),
        ({"model": 7, "name": "x"}, "model"),
        (GIVEN | {"description": 7}, "description"),
        (GIVEN | {"public": "yes"}, "public"),
        (GIVEN | {"name": "cf-public-mine"}, "reserved"),
    ],
)
def test_what_is_not_enough_for_a_fine_tune_is_named(given: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: Finetunes().create("a", "id", 0.0, given))


def test_an_account_has_a_hundred_at_most() -> None:
    room = Finetunes()
    for number in range(100):
        room.create("a", f"id-{number}", 0.0, GIVEN)
    assert "100" in refusal(lambda: room.create("a", "id", 0.0, GIVEN))
    room.create("b", "id", 0.0, GIVEN)


@pytest.mark.parametrize("data", [b'{"r": 1}', b'{"r": 32, "lora_alpha": 16}', b'{"peft_type": "LORA"}'])
def test_a_config_with_a_supported_rank_passes(data: bytes) -> None:
    finetunes.check_config(data)


@pytest.mark.parametrize("data", [b"", b"r: 8", b"[8]", b'{"r": 33}', b'{"r": 0}', b'{"r": "8"}', b'{"r": true}'])
def test_other_configs_do_not(data: bytes) -> None:
    assert CONFIG in refusal(lambda: finetunes.check_config(data))


@pytest.mark.parametrize("rank", [1, 8, 32])
def test_weights_of_a_supported_rank_pass(rank: int) -> None:
    finetunes.check_weights(weights(rank), len(weights(rank)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "header would have"),
        (b"PK\x03\x04 not safetensors at all", "header would have"),
        ((2).to_bytes(8, "little") + b"{]", "not JSON"),
        ((2).to_bytes(8, "little") + b"[]", "no object"),
        (weights() + b"more", "the file has"),
        (weights()[:-1], "the file has"),
        (weights(64), "rank is 64"),
        (weights(**{"q.lora_A.weight": 7}), "do not go together"),
        (weights(**{"q.lora_A.weight": {"dtype": "X", "shape": [8, 4], "data_offsets": [0, 64]}}), "go together"),
        (weights(**{"q.lora_A.weight": {"dtype": "F16", "shape": [8, 5], "data_offsets": [0, 64]}}), "go together"),
        (weights(**{"q.lora_A.weight": {"dtype": "F16", "shape": [8], "data_offsets": [0, 16]}}), "begins at"),
        (weights(**{"q.lora_A.weight": {"dtype": "F16", "shape": [-8, -4], "data_offsets": [0, 64]}}), "go together"),
    ],
)
def test_a_file_that_is_no_adapter_is_refused_with_the_reason(data: bytes, words: str) -> None:
    assert words in refusal(lambda: finetunes.check_weights(data, len(data)))


def test_only_the_two_files_are_taken() -> None:
    room = Finetunes()
    made = room.create("a", "id-1", 0.0, GIVEN)
    assert "README.md" in refusal(lambda: upload(room, made, "README.md", b"# Mine"))
    assert "id-2" in refusal(lambda: room.intake("a", "id-2"))
    assert "id-1" in refusal(lambda: room.intake("b", "id-1"))


def test_a_file_sent_again_is_taken_and_another_in_its_place_is_not() -> None:
    room = Finetunes()
    made = room.create("a", "id-1", 0.0, GIVEN)
    upload(room, made, CONFIG, b'{"r": 8}')
    upload(room, made, CONFIG, b'{"r": 8}')
    assert "not edited" in refusal(lambda: upload(room, made, CONFIG, b'{"r": 16}'))


def test_a_file_has_300_megabytes_at_most() -> None:
    room = Finetunes()
    intake = room.intake("a", room.create("a", "id-1", 0.0, GIVEN).id)
    part = bytes(50 * 1024 * 1024)
    for _ in range(6):
        intake.write(part)
    assert "at most" in refusal(lambda: intake.write(b"x"))


def test_of_several_with_one_name_the_newest_is_meant() -> None:
    room = Finetunes()
    room.create("a", "old", 0.0, GIVEN)
    new = room.create("a", "new", 1.0, GIVEN)
    assert room.find("a", "mine") is new


def test_public_ones_are_usable_by_everybody_and_listed_in_order() -> None:
    room = Finetunes()
    room.create("a", "mine", 0.0, GIVEN | {"public": True, "name": "aa"})
    assert room.usable("a", "cf-public-magicoder")
    assert [each.name for each in room.public("b")] == [
        "cf-public-magicoder",
        "cf-public-jigsaw-classification",
        "cf-public-cnn-summarization",
    ]
    names = [each.name for each in room.public("a", order_by="name")]
    assert names == sorted(names)
    assert names[0] == "aa"
    assert [each.name for each in room.public("a", "name", 1, 2)] == names[1:3]


def test_files_and_facts_outlast_the_server_where_a_folder_is_given(tmp_path: Path) -> None:
    room = Finetunes(tmp_path)
    made = room.create("a", "id-1", 0.0, GIVEN | {"description": "kept"})
    upload(room, made, CONFIG, b'{"r": 8}')
    upload(room, made, WEIGHTS, weights())
    folder = tmp_path / "finetunes" / "a" / "id-1"
    assert sorted(path.name for path in folder.iterdir()) == [CONFIG, WEIGHTS, "finetune.json"]
    assert (folder / WEIGHTS).read_bytes() == weights()
    later = room.create("a", "id-0", 9.0, GIVEN)
    again = Finetunes(tmp_path)
    assert again.of("a") == [made, later]
    again.forget("a")
    assert not folder.exists()
    assert Finetunes(tmp_path).of("a") == []


def test_nothing_is_left_of_a_file_that_was_refused(tmp_path: Path) -> None:
    room = Finetunes(tmp_path)
    made = room.create("a", "id-1", 0.0, GIVEN)
    intake = room.intake("a", made.id)
    intake.write(b"nonsense")
    refusal(lambda: intake.checked(WEIGHTS))
    intake.discard()
    assert [path.name for path in (tmp_path / "finetunes" / "a" / "id-1").iterdir()] == ["finetune.json"]


def test_a_file_of_the_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    place = tmp_path / "finetunes" / "a" / "id-1"
    place.mkdir(parents=True)
    (place / "finetune.json").write_text("{}")
    with pytest.raises(MockError, match=r"finetune\.json: not a fine-tune"):
        Finetunes(tmp_path)


def test_the_public_ones_are_of_models_that_are_there() -> None:
    catalog = Catalog.load()
    for each in Finetunes().public("a"):
        model = catalog.find(each.model)
        assert model is not None
        assert model.has("lora")
