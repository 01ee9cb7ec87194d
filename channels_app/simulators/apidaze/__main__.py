"""The simulator as a program of its own, without Django, to keep its memory small."""

import argparse
import sys

from .options import add_arguments, options_from
from .server import run


def main() -> int:
    """Run until SIGTERM or Ctrl-C; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m channels_app.simulators.apidaze",
        description="Plays Apidaze's messaging API and the customer's phone.",
    )
    add_arguments(parser)
    return run(options_from(vars(parser.parse_args())))


if __name__ == "__main__":
    sys.exit(main())
