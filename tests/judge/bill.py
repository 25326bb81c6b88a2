"""Whether a CycloneDX bill of materials is valid under the strict schema of version 1.6.

    bill.py FILE
"""

import sys
from pathlib import Path

import speak
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def judge(arguments):
    (path,) = arguments
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(Path(path).read_text())
    return {"valid": error is None, "error": None if error is None else str(error)[:500]}


if __name__ == "__main__":
    speak.run(judge, sys.argv[1:])
