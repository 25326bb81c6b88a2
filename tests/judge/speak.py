"""How a judge speaks: one JSON object and exit 0 if it could judge, else a message on stderr and exit 2."""

import json
import math
import sys


def run(judge, arguments):
    try:
        verdict = judge(arguments)
    except Exception as error:  # the caller needs the reason, whatever it was
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(finite(verdict), allow_nan=False))


def finite(value):
    """JSON has no NaN and no infinity: they become null, so that no comparison with them can succeed."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def removal_arguments(parser):
    """The arguments that say what was removed."""
    parser.add_argument("--forget", type=int, action="append", required=True, metavar="INDEX", help="repeatable")
    parser.add_argument("--slot", choices=["keep", "drop"], required=True)
    parser.add_argument("--seed", type=int, default=0)
