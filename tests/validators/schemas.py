"""Holds JSON, TOML and YAML documents against a JSON Schema of any draft: schemas.py SCHEMA ACCEPTED... [--refused REFUSED...]."""

import json
import sys
import tomllib
from pathlib import Path

import jsonschema

import quick_yaml


def read(path: str) -> object:
    text = Path(path).read_text(encoding="utf-8")
    if path.endswith((".yml", ".yaml")):
        return quick_yaml.load(text)
    return tomllib.loads(text) if path.endswith(".toml") else json.loads(text)


def main() -> int:
    schema = read(sys.argv[1])
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    wanted, faults = True, []
    for path in sys.argv[2:]:
        if path == "--refused":
            wanted = False
            continue
        errors = [f"{path}: {error.json_path}: {error.message}" for error in validator(schema).iter_errors(read(path))]
        if wanted:
            faults += errors
        elif not errors:
            faults.append(f"{path}: it is accepted")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
