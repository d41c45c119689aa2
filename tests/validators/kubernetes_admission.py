"""Asks the admission policy of a project which pods it lets in, as CEL is read by cel-python.

    kubernetes_admission.py PROJECT --kubectl KUBECTL

The policy comes from what kustomize builds of each environment. No API server takes part: `dyn`, which cel-python lacks, is a function
that returns what it is given. What must hold:

- the image of the service by its digest is let in, as a pod and as a workload,
- nothing else is: another registry, a longer name, a tag, a digest that is too short, an image beside it, before it, or added later,
- the policy and its binding belong to the cluster, and hold in the namespaces with the label of the service's.

Exit status: 0 when all of it holds, 1 otherwise.
"""

import argparse
import pathlib
import re
import subprocess
import sys

import celpy

import quick_yaml

DIGEST = "sha256:" + "0123456789abcdef" * 4


def spec_of(*images, first=(), later=()):
    """A pod with containers, with containers before them, and with some that were added while it ran."""
    spec = {"containers": [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]}
    if first:
        spec["initContainers"] = [{"name": "first", "image": image} for image in first]
    if later:
        spec["ephemeralContainers"] = [{"name": "later", "image": image} for image in later]
    return spec


def cases(image):
    """What a pod is, the pod, and whether it is let in."""
    good = f"{image}@{DIGEST}"
    yield "the image by its digest", spec_of(good), True
    yield "the image twice", spec_of(good, good), True
    yield "the image by a tag", spec_of(f"{image}:latest"), False
    yield "the image by a tag and a digest", spec_of(f"{image}:latest@{DIGEST}"), False
    yield "the image without either", spec_of(image), False
    yield "a digest that is too short", spec_of(f"{image}@sha256:0123"), False
    yield "something behind the digest", spec_of(f"{good}0"), False
    yield "an image of a longer name", spec_of(f"{image}-other@{DIGEST}"), False
    yield "an image below it", spec_of(f"{image}/other@{DIGEST}"), False
    yield "the name in another registry", spec_of(f"registry.example/{image}@{DIGEST}"), False
    yield "another image beside it", spec_of(good, f"busybox@{DIGEST}"), False
    yield "another image before it", spec_of(good, first=["busybox"]), False
    yield "another image added later", spec_of(good, later=["busybox"]), False


def is_let_in(spec, thing):
    """Whether every validation is true, after the variables in their order."""
    environment = celpy.Environment()

    def evaluate(expression, known):
        program = environment.program(environment.compile(expression), functions={"dyn": lambda value: value})
        variables = celpy.celtypes.MapType({celpy.celtypes.StringType(name): value for name, value in known.items()})
        return program.evaluate({"object": celpy.json_to_cel(thing), "variables": variables})

    known = {}
    for variable in spec.get("variables") or []:
        known[variable["name"]] = evaluate(variable["expression"], known)
    return all(bool(evaluate(validation["expression"], known)) for validation in spec["validations"])


def problems(objects, image):
    """What does not hold of the objects of one environment."""
    found = {thing["kind"]: thing for thing in objects}
    policy, binding = (found.get(kind) for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"))
    if not policy or not binding:
        yield "there is no admission policy, or it is not bound"
        return
    for thing in (policy, binding):
        if "namespace" in thing["metadata"]:
            yield f"the {thing['kind']} belongs to the cluster, and has a namespace"
    if binding["spec"]["policyName"] != policy["metadata"]["name"] or binding["spec"]["validationActions"] != ["Deny"]:
        yield "the binding denies nothing, or belongs to another policy"
    labels = binding["spec"]["matchResources"]["namespaceSelector"]["matchLabels"]
    if not labels or not labels.items() <= found["Namespace"]["metadata"]["labels"].items():
        yield f"the namespace does not have the labels {labels}"
    if policy["spec"]["failurePolicy"] != "Fail":
        yield "what the policy cannot judge is let in"
    watched = {(resource, verb) for rule in policy["spec"]["matchConstraints"]["resourceRules"] for resource in rule["resources"] for verb in rule["operations"]}
    for wanted in (("pods", "CREATE"), ("pods", "UPDATE"), ("pods/ephemeralcontainers", "UPDATE")):
        if wanted not in watched:
            yield f"the policy does not look at {wanted}"
    for what, pod, expected in cases(image):
        for thing in ({"kind": "Pod", "spec": pod}, {"kind": "Deployment", "spec": {"template": {"spec": pod}}}):
            if is_let_in(policy["spec"], thing) != expected:
                yield f"{what} is {'refused' if expected else 'let in'} in a {thing['kind']}"


def main():
    parser = argparse.ArgumentParser(description="Asks an admission policy.")
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--kubectl", required=True)
    arguments = parser.parse_args()
    root = arguments.project / "deploy/kubernetes"
    owned = "".join(path.read_text(encoding="utf-8") for path in sorted(root.glob("**/*.yaml")))
    image = re.search(r'(?:newName|repository): "(\S+)"', owned)[1]
    said = []
    for folder in sorted(path for path in (root / "namespaces").iterdir() if path.name != "base"):
        built = subprocess.run([arguments.kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=True).stdout
        said += [f"{folder.name}: {problem}" for problem in problems(list(quick_yaml.load_all(built)), image)]
    for problem in said:
        print(f"kubernetes_admission: {problem}", file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
