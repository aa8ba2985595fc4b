"""``python -m mock_server``: the command line; without arguments, it serves."""

import sys

from mock_server.cli import main

if __name__ == "__main__":
    main(sys.argv[1:] or ["serve"], prog_name="workers-ai-mock")
