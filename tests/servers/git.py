"""A TLS server on loopback that serves git repositories, or misbehaves in one of several ways.

usage: git.py CERTIFICATE KEY MODE [ARGUMENT]; it prints its port, and ends with its stdin.
"""

import base64
import gzip
import os
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CERTIFICATE, KEY, MODE = sys.argv[1:4]
ARGUMENT = sys.argv[4] if len(sys.argv) > 4 else ""
COMMIT = "1" * 40


def line(data):
    return b"%04x" % (len(data) + 4) + data


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        getattr(self, MODE)()

    do_POST = do_GET

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        """Answers by `git http-backend` for the repositories below the argument."""
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": ARGUMENT,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        ran = subprocess.run(["git", "http-backend"], input=self.body(), env=environment, stdout=subprocess.PIPE)
        head, _, body = ran.stdout.partition(b"\r\n\r\n")
        headers = [tuple(it.split(": ", 1)) for it in head.decode().split("\r\n") if it]
        status = int(next((value for name, value in headers if name == "Status"), "200").split()[0])
        self.answer(status, [it for it in headers if it[0] != "Status"], body)

    def private(self):
        """Wants the name and the password `ada:s3cret`."""
        wanted = "Basic " + base64.b64encode(b"ada:s3cret").decode()
        if self.headers.get("Authorization") == wanted:
            self.serve()
        else:
            self.body()
            self.answer(401, [("WWW-Authenticate", 'Basic realm="private"')], b"")

    def hang(self):
        time.sleep(3600)

    def slow(self):
        self.start("application/x-git-upload-pack-advertisement")
        while True:
            self.wfile.write(b"0")
            self.wfile.flush()
            time.sleep(1)

    def start(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()

    def endless_refs(self):
        self.start("application/x-git-upload-pack-advertisement")
        self.wfile.write(line(b"# service=git-upload-pack\n") + b"0000")
        self.wfile.write(line(COMMIT.encode() + b" refs/heads/main\0agent=x\n"))
        piece = b"".join(line(COMMIT.encode() + b" refs/tags/%08d\n" % number) for number in range(10000))
        while True:
            self.wfile.write(piece)

    def endless_pack(self):
        if self.command == "GET":
            capabilities = b" HEAD\0side-band-64k ofs-delta shallow symref=HEAD:refs/heads/main agent=x\n"
            lines = [line(b"# service=git-upload-pack\n"), b"0000", line(COMMIT.encode() + capabilities)]
            lines += [line(COMMIT.encode() + b" refs/heads/main\n"), b"0000"]
            self.answer(200, [("Content-Type", "application/x-git-upload-pack-advertisement")], b"".join(lines))
            return
        asked = self.body()
        if self.headers.get("Content-Encoding") == "gzip":
            asked = gzip.decompress(asked)
        kind = "application/x-git-upload-pack-result"
        shallow = line(b"shallow " + COMMIT.encode()) + b"0000"
        if b"done" not in asked:
            self.answer(200, [("Content-Type", kind)], shallow)
            return
        self.start(kind)
        self.wfile.write(shallow)
        self.wfile.write(line(b"NAK\n"))
        # One blob of 64 GiB, in stored blocks of zlib, which need no work.
        size, head = 1 << 36, bytearray()
        byte = 0x30 | size & 15
        size >>= 4
        while size:
            head.append(byte | 0x80)
            byte, size = size & 127, size >> 7
        head.append(byte)
        self.wfile.write(line(b"\x01PACK\0\0\0\x02\0\0\0\x01" + bytes(head) + b"\x78\x01"))
        length = 65000
        block = b"\x00" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + os.urandom(length)
        piece = line(b"\x01" + block) * 16
        while True:
            self.wfile.write(piece)

    def redirect(self):
        self.body()
        self.answer(302, [("Location", ARGUMENT)], b"")

    def steer(self):
        self.body()
        self.answer(500, [("Content-Type", "text/plain")], b"\x1b]0;owned\x07\x1b[2Jno https://a:s3cret@host/x\r\n")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def main():
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
