"""The gallery: small, complete, and every picture and sound says what its page says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mock_server.catalog import Catalog
from mock_server.media import images
from mock_server.media.audio import listen

GALLERY = Path(__file__).parent.parent / "fixtures" / "assets" / "gallery"
ROWS = re.findall(
    r"^\| \[(\S+)\]\(\1\) \| `(\S+)` \| (.+) \|$", (GALLERY / "README.md").read_text("utf-8"), re.MULTILINE
)


def test_the_page_lists_every_file_and_they_are_small() -> None:
    assert {name for name, _, _ in ROWS} == {path.name for path in GALLERY.iterdir()} - {"README.md"}
    assert len(ROWS) >= 8
    assert sum(path.stat().st_size for path in GALLERY.iterdir()) < 400_000


@pytest.mark.parametrize(("name", "model", "prompt"), ROWS)
def test_a_file_carries_the_prompt_that_its_page_names(name: str, model: str, prompt: str) -> None:
    assert Catalog.load().find(model) is not None
    data = (GALLERY / name).read_bytes()
    if name.endswith((".png", ".jpg")):
        note = images.decode(data).note
        assert note is not None
        assert note.prompt == prompt
    else:
        assert listen(data).transcript == prompt
