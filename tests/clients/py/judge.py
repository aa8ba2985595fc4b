"""Runs the functions of a script whose names begin with ``can_``; prints as JSON what went wrong in each."""

import json
import runpy
import sys
import traceback

found = {}
for name, function in runpy.run_path(sys.argv[1]).items():
    if name.startswith("can_"):
        try:
            function()
        except BaseException:  # noqa: BLE001 (whatever a client raises is what went wrong)
            found[name] = traceback.format_exc(limit=-3, chain=False)
        else:
            found[name] = None
print(json.dumps(found))  # noqa: T201
