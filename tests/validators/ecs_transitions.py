"""Plays changes of an answer on ministack: creates the stack of before, updates it to that of after, and asks all the while.

What the tasks of a service would be is a stand-in, an HTTP server of this script that is registered in the target group. What must
hold for a change that says it keeps the service: the stack is updated, the service of before is the one of after, created once,
and every request through the load balancer was answered by the stand-in. ministack replaces no resource for a property that
CloudFormation would: transition_facts.py looks at those.

Usage: ecs_transitions.py BEFORE AFTER [BEFORE AFTER]…, the roots of generated projects
Exit status: 0 when all of it holds, 1 otherwise.
"""

import contextlib
import http.server
import json
import pathlib
import sys
import threading
import time

import botocore.exceptions

import ecs_ministack
from ecs_ministack import CheckFailed, Clients, create_stack, expect, only, request_through


class StandIn(http.server.BaseHTTPRequestHandler):
    """Answers every request, as a task that is ready."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def parameters_of(folder):
    entries = json.loads(sorted((folder / "params").glob("*.json"))[0].read_text(encoding="utf-8"))
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in entries}


def stand_in(cleanup):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cleanup.callback(server.shutdown)
    return server.server_address[1]


class Requests:
    """Requests through the load balancer, one after the other, from the first to the last moment of a change."""

    def __init__(self, clients, port):
        self.clients, self.port, self.statuses, self.is_done = clients, port, [], threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        while not self.is_done.is_set():
            with contextlib.suppress(OSError):
                self.statuses.append(request_through(self.clients, self.port, "/readyz")[0])
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_done.set()
        self.thread.join()


def play(before, after):
    with contextlib.ExitStack() as cleanup:
        port = ecs_ministack.start_ministack(cleanup)
        clients = Clients(port)
        bootstrap = create_stack(clients, before / "bootstrap.yaml", "bootstrap", ecs_ministack.bootstrap_parameters(before))
        image = f"{bootstrap['RepositoryUri']}@{ecs_ministack.DIGEST}"
        stack = "orders-dev"
        network = ecs_ministack.network_parameters(clients, parameters_of(before), before, "orders")
        fixed = ecs_ministack.boundary_parameter(before, stack) | {"Image": image}
        create_stack(clients, before / "service.yaml", stack, parameters_of(before) | network | fixed)
        service = lambda: only(clients.ecs.describe_services(cluster=stack, services=[stack]), "services")
        first = service()
        group = only(first, "loadBalancers")["targetGroupArn"]
        clients.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": stand_in(cleanup)}])
        wanted = parameters_of(after)
        parameters = wanted | {name: value for name, value in network.items() if name in wanted} | fixed
        with Requests(clients, port) as requests:
            time.sleep(0.3)
            create_stack(clients, after / "service.yaml", stack, parameters, again=True)
            time.sleep(0.3)
        last = service()
        expect(last["serviceArn"] == first["serviceArn"], f"the service is {last['serviceArn']} now")
        expect(last["status"] == "ACTIVE", f"the service is {last['status']}")
        expect(last["createdAt"] == first["createdAt"], "the service was made again")
        expect(only(last, "loadBalancers")["targetGroupArn"] == group, "the service has another target group")
        bad = [status for status in requests.statuses if status != 200]
        expect(len(requests.statuses) > 2 and not bad, f"{len(bad)} of {len(requests.statuses)} requests failed: {bad[:3]}")
    return len(requests.statuses)


def main(arguments):
    for before, after in zip(arguments[::2], arguments[1::2]):
        try:
            count = play(*(pathlib.Path(root) / "deploy/ecs" for root in (before, after)))
        except (CheckFailed, botocore.exceptions.ClientError) as error:
            print(f"ecs_transitions: {before} -> {after}: {error}", file=sys.stderr)
            return 1
        print(f"{before} -> {after}: {count} requests, all answered, by the service that was there")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
