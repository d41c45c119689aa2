"""Takes the requests that the fleet makes out of GitHub's OpenAPI description.

usage: openapi.py DESCRIPTION; it prints what `tests/servers/github.json` holds.
"""

import json
import sys

USED = [
    ("get", "/issues"),
    ("get", "/orgs/{org}/repos"),
    ("get", "/repos/{owner}/{repo}"),
    ("get", "/repos/{owner}/{repo}/branches/{branch}"),
    ("get", "/repos/{owner}/{repo}/pulls"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/user"),
    ("patch", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/labels"),
    ("post", "/repos/{owner}/{repo}/pulls"),
]
# What says something about a value.
KEPT = {"type", "enum", "properties", "required", "items", "oneOf", "anyOf", "minItems", "nullable"}

with open(sys.argv[1], encoding="utf-8") as file:
    DESCRIPTION = json.load(file)


def resolved(value):
    while "$ref" in value:
        found = DESCRIPTION
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def schema(value):
    value = resolved(value)
    kept = {}
    for key in sorted(KEPT & value.keys()):
        found = value[key]
        if key == "properties":
            found = {name: schema(it) for name, it in sorted(found.items())}
        elif key == "items":
            found = schema(found)
        elif key in ("oneOf", "anyOf"):
            found = [schema(it) for it in found]
        kept[key] = found
    return kept


def operation(method, path):
    found = DESCRIPTION["paths"][path][method]
    parameters = [resolved(it) for it in found.get("parameters", [])]
    kept = {
        "method": method.upper(),
        "path": path,
        "parameters": [
            {"name": it["name"], "in": it["in"], "required": it.get("required", False), "schema": schema(it["schema"])}
            for it in parameters
        ],
    }
    body = found.get("requestBody")
    if body:
        kept["body"] = schema(body["content"]["application/json"]["schema"])
    return kept


print(json.dumps([operation(*it) for it in USED], indent=1, sort_keys=True))
