"""Restarts a generated worker under load, on a queue of Amazon SQS as moto serves it.

Starts moto on a free loopback port, makes a queue with dead letters, and sends messages without a pause. A worker whose handler
logs `began`, takes a moment, and logs `finished` is restarted so many times as a deployment does it: the next one starts, and then the one
before gets SIGTERM. The last one to be replaced is killed instead. What must hold:

- every process that gets SIGTERM ends with status 0 within its drain, and has finished all that it began,
- every message was finished, by whichever process, also those of the one that was killed,
- in the end the queue is empty, nothing of it is in flight, and there are no dead letters.

Everything that was started is stopped, whatever happens. No traffic leaves 127.0.0.1.

Usage: worker_queue.py --binary PATH --restarts N
Exit status: 0 when all of it holds, 1 otherwise.
"""

import argparse
import contextlib
import json
import logging
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import boto3
import botocore.config
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
WORK = 3
DRAIN = 4
VISIBILITY = 6
# How long one worker takes messages before the next one starts.
TURN = 1.25


class Worker:
    """A process of the worker, whose log is a file."""

    def __init__(self, binary, endpoint, url, folder):
        self.log = folder / f"{time.monotonic_ns()}.log"
        variables = {
            "ADMIN_PORT": "0",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_ENDPOINT_URL_SQS": endpoint,
            "AWS_REGION": REGION,
            "AWS_SECRET_ACCESS_KEY": "a",
            "DRAIN_TIMEOUT_SECONDS": str(DRAIN),
            "QUEUE_URL": url,
            "QUEUE_VISIBILITY_SECONDS": str(VISIBILITY),
            "WORK_TIMEOUT_SECONDS": str(WORK),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([binary], env=variables, stdout=log)
        self.port = next(event["admin_port"] for event in self.wait_for("listening"))
        deadline = time.monotonic() + 20
        while not self.is_ready():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"the worker is not ready in time\n{self.log.read_text()}")
            time.sleep(0.05)

    def events(self):
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def wait_for(self, message):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := [event for event in self.events() if event.get("message") == message]:
                return found
            time.sleep(0.05)
        raise SystemExit(f"no `{message}` in time\n{self.log.read_text()}")

    def is_ready(self):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return answer.status == 200
        return False

    def keys(self, message):
        return {event["key"] for event in self.events() if event.get("message") == message}

    def end(self, number):
        started = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(timeout=DRAIN + 5)
        return status, time.monotonic() - started


class Load:
    """Sends messages until it is told to stop."""

    def __init__(self, client, url):
        self.client, self.url = client, url
        self.sent, self.is_over = set(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over.wait(0.25):
            bodies = [json.dumps({"order": len(self.sent) + number, "cents": 1}) for number in range(10)]
            entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
            self.sent |= {message["MessageId"] for message in answer["Successful"]}

    def stop(self):
        self.is_over.set()
        self.thread.join()
        return self.sent


def make_queue(client):
    dead = client.create_queue(QueueName="orders-dead")["QueueUrl"]
    names = {"QueueUrl": dead, "AttributeNames": ["QueueArn"]}
    arn = client.get_queue_attributes(**names)["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    queue = client.create_queue(QueueName="orders", Attributes={"RedrivePolicy": policy})
    return queue["QueueUrl"], dead


def left_in(client, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def restart(start, restarts):
    """Restarts the worker; returns all of its processes, the one that runs last, and what was wrong."""
    workers, faults = [start()], []
    for number in range(1, restarts + 1):
        time.sleep(TURN)
        workers.append(start())
        before = workers[-2]
        if number == restarts:
            before.end(signal.SIGKILL)
            continue
        status, took = before.end(signal.SIGTERM)
        if status != 0 or took > DRAIN:
            faults.append(f"restart {number}: status {status} after {took:.1f} s\n{before.log.read_text()[-2000:]}")
        if half_done := before.keys("began") - before.keys("finished"):
            faults.append(f"restart {number}: {len(half_done)} messages are half done")
    return workers, faults


def check(binary, restarts, endpoint, folder):
    config = botocore.config.Config(retries={"max_attempts": 5})
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "a"}
    client = boto3.client("sqs", endpoint_url=endpoint, region_name=REGION, config=config, **keys)
    url, dead = make_queue(client)
    running = []

    def start():
        running.append(Worker(binary, endpoint, url, folder))
        return running[-1]

    try:
        load = Load(client, url)
        workers, faults = restart(start, restarts)
        sent = load.stop()
        deadline = time.monotonic() + 60
        while (left := left_in(client, url)) and time.monotonic() < deadline:
            time.sleep(0.5)
        status, _ = workers[-1].end(signal.SIGTERM)
    finally:
        for worker in running:
            worker.process.kill()
    finished = [key for worker in workers for key in worker.keys("finished")]
    if status != 0:
        faults.append(f"the last worker ended with status {status}")
    if left:
        faults.append(f"{left} messages are left in the queue")
    if letters := left_in(client, dead):
        faults.append(f"{letters} messages are dead")
    if lost := sent - set(finished):
        faults.append(f"{len(lost)} of {len(sent)} messages were never finished")
    if len(sent) < 20 * restarts:
        faults.append(f"only {len(sent)} messages were sent")
    again = len(finished) - len(set(finished))
    print(f"{restarts} restarts, {len(sent)} messages, {len(sent) - len(lost)} of them finished, {again} by more than one process")
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--restarts", type=int, required=True)
    arguments = parser.parse_args()
    # It would say each request.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        with tempfile.TemporaryDirectory() as folder:
            endpoint = f"http://{host}:{port}"
            faults = check(arguments.binary, arguments.restarts, endpoint, pathlib.Path(folder))
    finally:
        server.stop()
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
