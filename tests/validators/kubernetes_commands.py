"""Runs the commands of the README in deploy/kubernetes, in the order of the page, as somebody who follows it would.

    kubernetes_commands.py PROJECT --kubectl KUBECTL --helm HELM

PROJECT is generated and no repository yet. It is copied first and stays as it is. Every block of the page must run, and succeed;
where the page says so, it is run for every environment. At the end the branches of a project whose clusters follow git are what the
page says of them.

What needs no cluster is real: git with a repository beside it as the one on GitHub, kustomize, what `kubectl` makes on the client's
side, and Helm's rendering. The rest are stand-ins: `kubectl` and `helm` answer as those of the tests of the scripts do, `kind`,
`docker`, `aws` and `curl` succeed, and `gh` makes the repository and succeeds. No cluster took part.

Exit status: 0 when all of it holds, 1 otherwise.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

import quick_yaml
import kubernetes_helm_scripts as chart
import kubernetes_stand_in as plain

DIGEST, OTHER = plain.DIGEST, plain.OTHER
# What the page leaves to its reader.
NAMES = {
    "<user>": "me", "<token>": "secret", "sha256:<digest>": DIGEST, "<secret of the cluster>": "east",
    "--cert=<file> --key=<file>": "--cert=../certificate.pem --key=../key.pem",
}
GH = """#!/bin/sh
case "$*" in
  "repo create "*) git init --quiet --bare "$STAND_IN/github.git" && git remote add origin "$STAND_IN/github.git" ;;
  "attestation verify "*" --source-ref refs/heads/main"* | api* | "variable set "* | "secret set "*) ;;
  *) echo "gh is not known to: $*" >&2; exit 1 ;;
esac
"""
HELM = """#!{python} -B
import os, sys
sys.path.insert(0, {folder!r})
from helm import VERSIONS, Helm
words = sys.argv[1:]
if words[:3] != ["template", "orders", "deploy/kubernetes/chart"] or words[3::2] != ["--namespace", "--values"]:
    os.execv(os.environ["STAND_IN"] + "/bin/helm-stand-in", ["helm", *words])
with Helm({helm!r}) as helm:
    print(helm.template(words[2], [words[6]], words[1], words[4], VERSIONS[0]))
"""
# What only looks like a cluster's, and is made on the client's side.
KUBECTL = """#!/bin/sh
case "$*" in
  kustomize* | *--dry-run=client*) exec "$REAL" "$@" ;;
  "apply --filename -" | "apply --namespace "*" --filename -" | "--context kind-"*" apply "*"--filename -") [ "$(grep -c '^kind: ')" -gt 0 ]; exit ;;
  # The account of the workflow, for access.sh.
  "config set-cluster"*) touch "$KUBECONFIG"; exit ;;
  *"create token"*) printf '2027-02-27T10:00:00Z TOKEN'; exit ;;
  "create namespace "* | *port-forward* | *"get deployment,pod"* | *custom-columns=* | *"get ingress"* | *logs* | *"get applications"* | "--namespace argocd label secret "*) exit ;;
esac
exec "$STAND_IN/bin/kubectl-stand-in" "$@"
"""
NOTHING = "#!/bin/sh\n"


class CheckFailed(Exception):
    """Something that must hold does not; the text says what."""


def blocks(page):
    """The commands of the page, each with the heading below which it stands."""
    heading, found, block = "", [], None
    for line in page.splitlines():
        if line.strip() == "```sh":
            block = []
        elif line.strip() == "```" and block is not None:
            found.append((heading, "\n".join(block)))
            block = None
        elif block is not None:
            block.append(line)
        elif line.startswith("## "):
            heading = line[3:]
    return found


def served(root, kubectl):
    """The Deployment of prod as a deployment has applied it before; none where no file of kustomize makes one."""
    built = subprocess.run([kubectl, "kustomize", root / "overlays/prod"], capture_output=True, text=True, check=False).stdout
    found = [it for it in quick_yaml.load_all(built) if it and it["kind"] == "Deployment"]
    return yaml.safe_dump(found[0]) if found else ""


def certify(folder):
    """Makes the certificate and the key that somebody has, since kubectl looks whether they belong together."""
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=example.com"
    files = ["-out", folder / "certificate.pem", "-keyout", folder / "key.pem"]
    subprocess.run([*words.split(), *files], check=True, capture_output=True)


class Walk:
    """Whoever follows the page, in a copy of the project."""

    def __init__(self, folder, project, kubectl, helm):
        self.folder = folder / "project"
        shutil.copytree(project, self.folder)
        root = self.folder / "deploy/kubernetes"
        self.page = (root / "README.md").read_text(encoding="utf-8")
        self.environments = sorted(path.name for path in (root / "namespaces").iterdir() if path.name != "base")
        self.follows_git = (root / "clusters").exists()
        has_chart = (root / "chart").exists()
        of = chart if has_chart else plain
        programs = {"kubectl-stand-in": of.KUBECTL, "kubectl": KUBECTL, "gh": GH, "helm-stand-in": chart.HELM}
        ours = str(pathlib.Path(__file__).parent)
        programs["helm"] = HELM.format(python=sys.executable, folder=ours, helm=str(helm))
        programs |= dict.fromkeys(("aws", "kind", "docker", "curl", "sleep"), NOTHING)
        (folder / "bin").mkdir()
        if "<file>" in self.page:
            certify(folder)
        for name, text in programs.items():
            (folder / "bin" / name).write_text(text, encoding="utf-8")
            (folder / "bin" / name).chmod(0o755)
        identity = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        path = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": str(folder), "STAND_IN": str(folder)}
        calls = {"CALLS": str(folder / "calls"), "REAL": str(kubectl), "SERVICE": "orders", "KIND": "Deployment"}
        # The version before is there, and the new one comes up.
        cluster = {"BEFORE": served(root, kubectl), "RUNNING": DIGEST, "IDLE": DIGEST, "STATE": "4/4/Healthy//"}
        if (root / "switch.sh").exists():
            cluster["LIVE"] = "blue"
        self.settings = of.SETTINGS | identity | path | calls | cluster

    def run(self, command, environment):
        owner = {"OWNER": f"orders-{environment}/orders", "VALUES": f"{self.folder}/deploy/kubernetes/values/{environment}.yaml"}
        if self.settings.get("LIVE"):
            owner["PREVIEW"] = "green"
        done = subprocess.run(
            ["bash", "-c", "set -euo pipefail\n" + command],
            cwd=self.folder,
            env={key: str(value) for key, value in (self.settings | owner).items()},
            input=f"{environment}\n",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        for left in self.folder.parent.glob("calls*"):
            left.unlink()
        if done.returncode != 0:
            raise CheckFailed(f"ends with {done.returncode}:\n{command}\n{done.stdout}{done.stderr}")

    def follow(self):
        found = blocks(self.page)
        if len(found) < 9:
            raise CheckFailed(f"the page has {len(found)} blocks of commands")
        for heading, command in found:
            if "git rev-parse" in command and not (self.folder / ".git").exists() and "after `git init`" in self.page:
                self.run("git init --quiet && git add --all && git commit --quiet --message First", "prod")
            for name, value in NAMES.items():
                command = command.replace(name, value)
            is_for_each = heading.startswith(("Set up", "Deploy", "Let ")) and re.search(r"\bdev\b", command) and " in dev" not in command
            for environment in self.environments if is_for_each else ["prod" if " prod" in command else "dev"]:
                own = re.sub(r"\bdev\b", environment, command)
                if "/deploy.sh" in command and self.follows_git:
                    self.run(own.replace(DIGEST, OTHER), environment)
                self.run(own, environment)
        return len(found)

    def noted(self):
        """The commit whose files were deployed last stands in what each environment owns."""
        head = ["git", "-C", str(self.folder), "rev-parse", "HEAD"]
        commit = subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()
        root = self.folder / "deploy/kubernetes"
        for environment in self.environments:
            owned = [root / f"values/{environment}.yaml", *root.glob(f"overlays/{environment}/**/kustomization.yaml")]
            said = "".join(path.read_text(encoding="utf-8") for path in owned if path.exists())
            if f'commit: "{commit}"' not in said or 'author: "a@example.com"' not in said:
                raise CheckFailed(f"{environment} does not say that {commit} was deployed, and whose it is")

    def hold(self):
        """One step back, and only prod's, is what the page says of a way back by git."""
        if not self.follows_git:
            self.noted()
            return
        for environment in self.environments:
            overlay = "deploy/kubernetes/overlays/" if (self.folder / "deploy/kubernetes/overlays").exists() else "deploy/kubernetes/values/"
            git = ["git", "--git-dir", str(self.folder.parent / "github.git"), "grep", "-h", "digest: ", f"env/{environment}", "--", overlay]
            said = subprocess.run(git, capture_output=True, text=True, check=False).stdout
            expected, other = (OTHER, DIGEST) if environment == "prod" else (DIGEST, OTHER)
            if expected not in said or other in said:
                raise CheckFailed(f"env/{environment} names {said}, and not {expected}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--kubectl", type=pathlib.Path, required=True)
    parser.add_argument("--helm", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(pathlib.Path(folder), arguments.project, arguments.kubectl, arguments.helm)
        try:
            count = walk.follow()
            walk.hold()
        except CheckFailed as error:
            print(f"kubernetes_commands: {arguments.project}: {error}", file=sys.stderr)
            return 1
    print(f"{arguments.project}: {count} blocks of the README ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())
