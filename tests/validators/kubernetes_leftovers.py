"""Holds what the README says of a deleted manifest against the files: who could take away what it made.

Usage: kubernetes_leftovers.py PROJECT
Exit status: 0 when the README is right, 1 otherwise.
"""

import re
import sys
from pathlib import Path

import quick_yaml

# What the README may say, and what has to be so.
FLUX = "Flux deletes what it made"
HELM = "Helm deletes what it made"
NO_RIGHT = "Helm would delete what it made, and the workflow has no right to"
STAYS = "What it made stays"


def documents(folder, pattern):
    return [it for path in sorted(folder.glob(pattern)) for it in quick_yaml.load_all(path.read_text()) if it]


def said(root):
    section = (root / "README.md").read_text().split("## When a manifest is deleted\n", 1)[1].split("\n## ", 1)[0]
    text = " ".join(section.split())
    return [sentence for sentence in (FLUX, HELM, NO_RIGHT, STAYS) if sentence in text]


def rights_to_delete(root):
    """What the workflow may delete, beyond its lock and Helm's own releases."""
    roles = [it for it in documents(root, "namespaces/base/deployer.yaml") if it["kind"] == "Role"]
    rules = [rule for role in roles for rule in role["rules"] if {"delete", "deletecollection", "*"} & set(rule["verbs"])]
    return {resource for rule in rules for resource in rule["resources"]} - {"leases", "secrets"}


def pruned_by(root):
    """Who takes away what is no longer in the files."""
    if (root / "clusters/flux").exists():
        fetched = [it for it in documents(root, "clusters/flux/*.yaml") if it["kind"] in ("Kustomization", "HelmRelease")]
        return FLUX if all(it["kind"] == "HelmRelease" or it["spec"].get("prune") for it in fetched) else STAYS
    if (root / "clusters/argocd").exists():
        sets = documents(root, "clusters/argocd/*.yaml")
        options = str([it["spec"]["template"]["spec"].get("syncPolicy") for it in sets])
        return "Argo CD prunes" if re.search(r"'prune': True|'automated'|Prune=true", options) else STAYS
    scripts = "".join(path.read_text() for path in root.glob("*.sh"))
    if (root / "chart").exists():
        return (NO_RIGHT if (root / "namespaces/base/deployer.yaml").exists() else HELM) if "helm upgrade" in scripts else STAYS
    return "kubectl prunes" if re.search(r"--prune|replace --force|delete --kustomize", scripts) else STAYS


def problems(root):
    sentences, by = said(root), pruned_by(root)
    if sentences != [by]:
        yield f"README.md says {sentences}, and the files say: {by}"
    if by == NO_RIGHT and rights_to_delete(root):
        yield f"the workflow may delete {sorted(rights_to_delete(root))}"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1]) / "deploy/kubernetes"))
    print("\n".join(found), file=sys.stderr)
    sys.exit(bool(found))
