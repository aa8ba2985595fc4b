"""Writes the table of settings into README.md, between its two markers."""

import re
from pathlib import Path

from mock_server.settings import settings_table

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)

text, count = BLOCK.subn(lambda _: settings_table(), README.read_text("utf-8"))
if count != 1:
    raise SystemExit(f"{README}: has no markers <!-- settings --> and <!-- /settings -->")
README.write_text(text, "utf-8")
