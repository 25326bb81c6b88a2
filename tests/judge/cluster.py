"""Manifests held against the published schemas of Kubernetes, strictly: no field that it does not know.

    cluster.py VERSION FILE ...    {"FILE": what is wrong with it, or null}
"""

import json
import pathlib
import sys

import kubernetes_validate
import speak


def judge(arguments):
    version, *files = arguments
    wrong = {}
    for path in files:
        manifest = json.loads(pathlib.Path(path).read_text())
        try:
            found = kubernetes_validate.validate(manifest, version, strict=True)
            assert version.startswith(found), found
            wrong[path] = None
        except kubernetes_validate.ValidationError as error:
            wrong[path] = f"{'/'.join(map(str, error.path))}: {error.message}"[:300]
    return wrong


if __name__ == "__main__":
    speak.run(judge, sys.argv[1:])
