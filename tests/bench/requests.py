"""Starts a service, sends it requests, and prints what one of them took: microseconds of the user's and of the system's processor
time, instructions (0 without valgrind), and the resident memory of the idle service in KiB.

    requests.py PROGRAM

The instructions are callgrind's, of the program and not of the kernel, and the difference between two loads: what happens
once is in neither. They are the same on a busy machine as on a quiet one; the processor time is not."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

REQUEST = b"GET /notes/1 HTTP/1.1\r\nhost: service\r\nuser-agent: bench\r\naccept: */*\r\n\r\n"
FIRST = b'POST /notes HTTP/1.1\r\nhost: service\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"text":"hello"}'
TICKS = os.sysconf("SC_CLK_TCK")
CLIENTS, REQUESTS = 8, 40_000


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Service:
    def __init__(self, words, log):
        self.port = free_port()
        environment = os.environ | {"PORT": str(self.port), "ADMIN_PORT": str(free_port()), "TOKIO_WORKER_THREADS": "2", "DRAIN_DELAY_SECONDS": "0"}
        self.process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        while True:
            try:
                self.connection().close()
                return
            except ConnectionRefusedError:
                assert self.process.poll() is None, "the service has ended"
                time.sleep(0.05)

    def connection(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def ask(self, request, times):
        with self.connection() as connection:
            for _ in range(times):
                connection.sendall(request)
                answer = connection.recv(65536)
                assert answer.startswith(b"HTTP/1.1 20"), answer

    def processor(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return [int(field) / TICKS for field in fields[11:13]]

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        # Plain axum does not wait for its clients, and ends at once.
        self.process.wait(30)


def processor_time(program, log):
    service = Service([program], log)
    service.ask(FIRST, 1)
    service.ask(REQUEST, 500)
    memory, before = service.memory(), service.processor()
    clients = [threading.Thread(target=service.ask, args=(REQUEST, REQUESTS // CLIENTS)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    after = service.processor()
    service.stop()
    return [(last - first) * 1e6 / REQUESTS for first, last in zip(before, after)], memory


def instructions(program, requests):
    with tempfile.TemporaryFile() as log:
        service = Service(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program], log)
        service.ask(FIRST, 1)
        service.ask(REQUEST, requests)
        service.process.send_signal(signal.SIGINT)
        service.process.wait(60)
        log.seek(0)
        return int(re.search(rb"Collected : (\d+)", log.read())[1])


def main():
    program = sys.argv[1]
    with open(os.devnull, "wb") as log:
        (user, system), memory = processor_time(program, log)
    counted = (instructions(program, 1_200) - instructions(program, 200)) // 1_000 if shutil.which("valgrind") else 0
    print(user, system, counted, memory)


main()
