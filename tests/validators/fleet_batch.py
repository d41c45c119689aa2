"""Submits the array job of a fleet to AWS Batch, as moto serves its API, by the real AWS CLI.

What must hold:

- AWS Batch takes the definition and the job, with as many shards as were asked for,
- a shard that ended with 75 runs again, and so does one whose instance went away; with any other code it does not. moto runs nothing, so
  the rules are read here as the documentation of `EvaluateOnExit` has them: the first that fits counts,
- the command of the container, run by a real shell where /fleet is a folder of this machine, starts `launchway fleet work` there.

Usage: fleet_batch.py SCRIPT --shards N
Exit status: 0 when all of it holds, 1 otherwise.
"""

import argparse
import fnmatch
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "a", "region_name": REGION}
CODES = [1, 2, 4, 64, 65, 70, 73, 74, 75, 78]
WORDS = ["fleet", "work", "the plan's.json", "--results", "./-results: #1", "--shard-from-env"]


class Wrong(Exception):
    """One thing that is not as it should be."""


def expect(condition, said):
    if not condition:
        raise Wrong(said)


def make_queue(batch, iam):
    role = iam.create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    batch.create_compute_environment(computeEnvironmentName="instances", type="UNMANAGED", serviceRole=role)
    order = [{"order": 1, "computeEnvironment": "instances"}]
    batch.create_job_queue(jobQueueName="fleet", state="ENABLED", priority=1, computeEnvironmentOrder=order)


def submit(script, endpoint):
    """Runs the script, and returns the id that it prints."""
    variables = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "a",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    ran = subprocess.run(["sh", script, "fleet"], env=variables, capture_output=True, text=True, check=False)
    expect(ran.returncode == 0, f"the script ends with {ran.returncode}\n{ran.stderr}")
    return ran.stdout.strip()


def decision(strategy, reasons):
    """What the first rule that fits says: each of its patterns has to fit."""
    names = ("onExitCode", "onStatusReason", "onReason")
    for rule in strategy["evaluateOnExit"]:
        if all(name not in rule or fnmatch.fnmatchcase(reasons[name], rule[name]) for name in names):
            return rule["action"].upper()
    return "RETRY"


def check_retries(strategy):
    expect(1 < strategy["attempts"] <= 10, "a shard runs again a limited number of times")
    for code in CODES:
        reasons = {"onExitCode": str(code), "onStatusReason": "Essential container in task exited", "onReason": ""}
        expected = "RETRY" if code == 75 else "EXIT"
        expect(decision(strategy, reasons) == expected, f"a shard that ended with {code}: {decision(strategy, reasons)}")
    gone = {"onExitCode": "", "onStatusReason": "Host EC2 (instance i-0123456789abcdef0) terminated.", "onReason": ""}
    expect(decision(strategy, gone) == "RETRY", "a shard whose instance went away does not run again")


def check_container(container):
    mounts = {mount["sourceVolume"]: mount["containerPath"] for mount in container["mountPoints"]}
    folders = {volume["name"]: volume["host"]["sourcePath"] for volume in container["volumes"]}
    expect([folders[name] for name, path in mounts.items() if path == "/fleet"] == ["/fleet"], f"no shared folder: {mounts} {folders}")
    expect(container["readonlyRootFilesystem"] and container["user"] != "root", "a container that may do more than it needs")
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "launchway")
        program.write_text("#!/bin/sh\npwd\nprintf '%s\\n' \"$@\"\nexit 75\n", encoding="utf-8")
        program.chmod(0o755)
        shell, option, line, *words = container["command"]
        path = f"{folder}:{os.environ['PATH']}"
        command = [shell, option, line.replace("/fleet ", f"{folder} "), *words]
        ran = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)
    expect(ran.returncode == 75, f"the container ends with {ran.returncode}: {ran.stderr}")
    expect(ran.stdout.splitlines() == [str(pathlib.Path(folder).resolve()), *WORDS], f"the container runs {ran.stdout}")


def check(script, shards, endpoint):
    batch = boto3.client("batch", endpoint_url=endpoint, **KEYS)
    make_queue(batch, boto3.client("iam", endpoint_url=endpoint, **KEYS))
    (job,) = batch.describe_jobs(jobs=[submit(script, endpoint)])["jobs"]
    expect(job["arrayProperties"]["size"] == shards, f"the job has {job['arrayProperties']} instead of {shards} shards")
    (definition,) = batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    expect(job["jobDefinition"] == definition["jobDefinitionArn"], "the job is of another definition")
    check_retries(definition["retryStrategy"])
    check_container(definition["containerProperties"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", type=pathlib.Path)
    parser.add_argument("--shards", type=int, required=True)
    arguments = parser.parse_args()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    logging.getLogger("werkzeug").disabled = True
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        settings = json.dumps({"batch": {"use_docker": False}}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/config", data=settings), timeout=30).close()
        check(arguments.script, arguments.shards, endpoint)
    except Wrong as wrong:
        print(f"fleet_batch: {arguments.script}: {wrong}", file=sys.stderr)
        return 1
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
