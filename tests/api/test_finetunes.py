import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response

OTHER = "0a1b2c3d4e5f60718293a4b5c6d7e8f0"
MODEL = "@cf/mistral/mistral-7b-instruct-v0.2-lora"
HEADER = b'{"a.lora_A.weight":{"dtype":"F32","shape":[8,2],"data_offsets":[0,64]}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(64)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
KEYS = ["id", "model", "name", "public", "description", "created_at", "modified_at"]


@pytest.fixture
def fresh(make_emulator: Callable[..., Emulator]) -> Emulator:
    return make_emulator()


def path(rest: str = "", account: str = ACCOUNT) -> str:
    return f"/client/v4/accounts/{account}/ai/finetunes{rest}"


def create(emulator: Emulator, account: str = ACCOUNT, **given: Any) -> Response:
    body = json.dumps({"model": MODEL, "name": "mine", "description": ""} | given).encode()
    return emulator.ask("POST", path(account=account), body, BEARER | {"content-type": "text/plain;charset=UTF-8"})


def upload(emulator: Emulator, finetune_id: str, file_name: str, data: bytes, *, file_first: bool = False) -> Response:
    parts = [
        b'--b\r\ncontent-disposition: form-data; name="file_name"\r\n\r\n' + file_name.encode() + b"\r\n",
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="blob"\r\n'
        b"content-type: application/octet-stream\r\n\r\n" + data + b"\r\n",
    ]
    body = b"".join(reversed(parts) if file_first else parts) + b"--b--\r\n"
    headers = BEARER | {"content-type": "multipart/form-data; boundary=b"}
    return emulator.ask("POST", path(f"/{finetune_id}/finetune-assets"), body, headers, chunks=5)


def test_an_adapter_is_created_uploaded_listed_and_run(fresh: Emulator) -> None:
    made = create(fresh).result
    assert list(made) == KEYS
    assert UUID(made["id"])
    for file_name, data in (("adapter_config.json", b'{"r": 8}'), ("adapter_model.safetensors", WEIGHTS)):
        asked = {"prompt": "Hello", "raw": True, "lora": "mine"}
        assert fresh.run(MODEL, asked).error[:2] == (400, 3039)
        asset = upload(fresh, made["id"], file_name, data).result
        assert list(asset) == ["id", "finetune_id", "bucket_name", "file_name", "created_at", "modified_at"]
        assert (asset["finetune_id"], asset["file_name"]) == (made["id"], file_name)
    (listed,) = fresh.ask("GET", path("?"), b"", BEARER).result
    assert list(listed) == ["id", "model", "name", "description", "created_at", "modified_at"]
    assert listed["id"] == made["id"]
    for lora in ("mine", made["id"]):
        assert fresh.run(MODEL, {"prompt": "Hello", "raw": True, "lora": lora}).result["response"]


def test_the_parts_of_an_upload_come_in_any_order(fresh: Emulator) -> None:
    made = create(fresh).result
    assert upload(fresh, made["id"], "adapter_model.safetensors", WEIGHTS, file_first=True).status == 200


def test_another_accounts_adapter_is_unknown(fresh: Emulator) -> None:
    made = create(fresh, account=OTHER).result
    assert fresh.ask("GET", path(), b"", BEARER).result == []
    assert upload(fresh, made["id"], "adapter_config.json", b'{"r": 8}').status == 400
    assert fresh.run(MODEL, {"prompt": "Hello", "lora": "mine"}).error[:2] == (400, 3039)


def test_an_answer_with_a_lora_is_not_given_again_to_who_has_none(fresh: Emulator) -> None:
    made = create(fresh).result
    upload(fresh, made["id"], "adapter_config.json", b'{"r": 8}')
    upload(fresh, made["id"], "adapter_model.safetensors", WEIGHTS)
    for _ in range(2):
        assert fresh.run(MODEL, {"prompt": "Hello", "lora": "mine"}).status == 200
    assert fresh.run(MODEL, {"prompt": "Hello", "lora": "mine"}, account=OTHER).error[:2] == (400, 3039)


def test_a_public_adapter_is_there_for_everybody(emulator: Emulator) -> None:
    found = emulator.ask("GET", path("/public?orderBy=name&limit=2&offset=1.0"), b"", BEARER).result
    assert [each["name"] for each in found] == ["cf-public-jigsaw-classification", "cf-public-magicoder"]
    assert list(found[0]) == KEYS
    assert emulator.run(MODEL, {"prompt": "Hello", "lora": found[0]["name"]}).status == 200
    assert emulator.run(MODEL, {"prompt": "Hello", "lora": found[0]["id"]}).status == 200


def test_a_model_without_loras_refuses_any(emulator: Emulator) -> None:
    assert emulator.run("@cf/meta/llama-3.2-1b-instruct", {"prompt": "Hello", "lora": "x"}).error[:2] == (405, 5005)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"model": "@cf/no/such", "name": "x"}'])
def test_what_cannot_be_created_is_refused_with_a_string(emulator: Emulator, body: bytes) -> None:
    response = emulator.ask("POST", path(), body, BEARER)
    assert response.status == 400
    assert list(response.json) == ["errors", "success"]
    assert isinstance(response.json["errors"], str)


@pytest.mark.parametrize(
    ("file_name", "data"),
    [
        ("adapter_config.json", b"r: 8"),
        ("adapter_config.json", b'{"r": 64}'),
        ("adapter_model.safetensors", b"pickled"),
        ("adapter_model.bin", WEIGHTS),
        ("", b""),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_string(fresh: Emulator, file_name: str, data: bytes) -> None:
    response = upload(fresh, create(fresh).result["id"], file_name, data)
    assert (response.status, list(response.json)) == (400, ["errors", "success"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b"no form"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
        ),
    ],
)
def test_an_upload_that_is_no_such_form_is_refused(fresh: Emulator, content_type: str, body: bytes) -> None:
    place = path(f"/{create(fresh).result['id']}/finetune-assets")
    response = fresh.ask("POST", place, body, BEARER | {"content-type": content_type})
    assert (response.status, list(response.json)) == (400, ["errors", "success"])


@pytest.mark.parametrize("query", ["limit=ten", "offset=-1", "limit=1.5", "orderBy=size", "limit=9999999999999999999"])
def test_a_public_list_in_no_order_is_refused_with_messages(emulator: Emulator, query: str) -> None:
    response = emulator.ask("GET", path(f"/public?{query}"), b"", BEARER)
    assert response.status == 400
    assert list(response.json) == ["errors", "result", "success"]
    assert [list(error) for error in response.json["errors"]] == [["message"]]


def test_who_may_not_change_may_look(emulator: Emulator) -> None:
    accounts = json.loads((Path(__file__).parents[2] / "fixtures" / "accounts.json").read_text("utf-8"))
    tokens = [token["value"] for token in accounts["tokens"] if token["permissions"] == ["Workers AI Read"]]
    reader = {"authorization": f"Bearer {tokens[0]}"}
    assert emulator.ask("GET", path(), b"", reader).status == 200
    refused = emulator.ask("POST", path(), b'{"model": "x", "name": "x"}', reader)
    assert refused.status in (401, 403)
    assert refused.error[1] == 10000
