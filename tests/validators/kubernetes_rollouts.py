"""Reads every Rollout and AnalysisTemplate of built manifests as the types of Argo Rollouts: an unknown field is an error.

    kubernetes_rollouts.py TYPES BUILT_YAML...

TYPES is the unpacked npm package @kubernetes-models/argo-rollouts, whose declarations were made from the Go types of Argo
Rollouts: one interface to a file, one field to a line. What they take from Kubernetes itself (the pod template, the
metadata) is left to the other validators.

Exit code 0: every field is known, of the right type, and none is missing. 1: what is not, one line each.
"""

import argparse
import functools
import pathlib
import re
import sys

import quick_yaml

KINDS = {"Rollout", "AnalysisTemplate"}
IMPORT = re.compile(r'^import \{ (\w+) \} from "(.+)";$', re.M)
FIELD = re.compile(r'^    "(.+?)"(\??): (.+);$', re.M)
PLAIN = {"string": str, "boolean": bool, "number": (int, float)}


class Types:
    """The interfaces of the package, by the names of their files."""

    def __init__(self, folder):
        self.folder = folder / "argoproj.io" / "v1alpha1"

    @functools.cache
    def interface(self, name):
        """The fields of an interface with whether each is optional and what it holds; None for another declaration."""
        text = (self.folder / f"{name}.d.ts").read_text(encoding="utf-8")
        imports = {alias: path for alias, path in IMPORT.findall(text)}
        declared = re.search(rf"^export interface I{name}(?: extends TypeMeta)? \{{\n(.*?)^\}}", text, re.M | re.S)
        if not declared:
            return None
        return {field: (bool(optional), held, imports) for field, optional, held in FIELD.findall(declared[1])}

    def problems(self, name, value, path):
        fields = self.interface(name)
        if fields is None:
            return
        if not isinstance(value, dict):
            yield f"{path} is not a mapping"
            return
        for key in value:
            if key not in fields:
                yield f"{path} has the unknown field `{key}`"
        for key, (optional, held, imports) in fields.items():
            if key in value:
                yield from self.held(held, imports, value[key], f"{path}.{key}")
            elif not optional:
                yield f"{path} lacks `{key}`"

    def held(self, held, imports, value, path):
        if held in PLAIN:
            is_right = isinstance(value, PLAIN[held]) and (held == "boolean" or not isinstance(value, bool))
            if not is_right:
                yield f"{path} is {value!r} and not a {held}"
        elif held.startswith("Array<"):
            if not isinstance(value, list):
                yield f"{path} is not a list"
                return
            for number, element in enumerate(value):
                yield from self.held(held[len("Array<"):-1], imports, element, f"{path}[{number}]")
        elif held.startswith('"'):
            if f'"{value}"' not in held.split(" | "):
                yield f"{path} is {value!r} and not {held}"
        elif imports.get(held, "").startswith("./"):
            yield from self.problems(imports[held].removeprefix("./").removesuffix(".js"), value, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("types", type=pathlib.Path, help="the unpacked package")
    parser.add_argument("built", type=pathlib.Path, nargs="+", help="output of `kubectl kustomize`")
    arguments = parser.parse_args()

    types, found, read = Types(arguments.types), [], 0
    for file in arguments.built:
        for thing in quick_yaml.load_all(file.read_text(encoding="utf-8")):
            if thing and thing["kind"] in KINDS:
                read += 1
                found += [f"{file}: {line}" for line in types.problems(thing["kind"], thing, thing["kind"])]
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        print(f"{read} Rollouts and AnalysisTemplates have known fields alone")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
