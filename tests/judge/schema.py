"""JSON documents held against the JSON Schemas that are published with the documentation.

    schema.py SCHEMAS NAME=FILE ...    {"FILE": [what is wrong with it]}

NAME is the schema's file name without `.json`, or `-` for the one that the document names itself. TOML is read as JSON.
"""

import json
import pathlib
import sys
import tomllib

import speak
from jsonschema import Draft202012Validator
from referencing import Registry, Resource


def judge(arguments):
    folder, *pairs = arguments
    schemas = {path.stem: json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.json")}
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert schema["$id"].endswith(f"/schemas/{name}.json"), name
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas.values())
    wrong = {}
    for pair in pairs:
        name, path = pair.split("=", 1)
        document = read(path)
        if name == "-":
            tool, kind, version = document["schema"].split("/")
            assert tool == "declass" and next(iter(document)) == "schema", path
            name = f"{kind}-{version}"
        errors = Draft202012Validator(schemas[name], registry=registry).iter_errors(document)
        wrong[path] = [f"{'/'.join(map(str, error.path))}: {error.message}"[:300] for error in errors]
    return wrong


def read(path):
    text = pathlib.Path(path).read_text()
    return tomllib.loads(text) if path.endswith(".toml") else json.loads(text)


if __name__ == "__main__":
    speak.run(judge, sys.argv[1:])
