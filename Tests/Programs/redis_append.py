"""Redis with an append-only file, synced at each write or each second; the client acknowledges when the server has replied."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from program import all_there, run, saved, wrong

if not shutil.which("redis-server"):
    sys.exit("redis-server is missing")
KEYS = [f"key-{number}" for number in range(4)]


class Server:
    def __init__(self, folder, variant):
        self.place = tempfile.TemporaryDirectory()
        path = os.path.join(self.place.name, "socket")
        options = {"dir": folder, "appendonly": "yes", "appendfsync": variant, "port": "0", "unixsocket": path, "save": ""}
        words = [word for name, value in options.items() for word in ("--" + name, value)]
        self.process = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        while self.socket.connect_ex(path) != 0:
            if self.process.poll() is not None:
                wrong("the server does not start")
            time.sleep(0.005)
        self.replies = self.socket.makefile("rb")

    def ask(self, *words):
        self.socket.sendall(b"".join([b"*%d\r\n" % len(words)] + [b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words]))
        reply = self.replies.readline().rstrip()
        if not reply:
            raise ConnectionError("the server ended")
        if reply.startswith(b"-LOADING"):
            return self.ask(*words)
        return self.replies.readline().rstrip() if reply[:1] == b"$" and reply != b"$-1" else reply

    def stop(self):
        self.process.kill()
        self.process.wait()


def prepare(folder, variant):
    server = Server(folder, "always")
    server.ask("SET", KEYS[0], KEYS[0] * 60)
    server.stop()


def work(folder, variant):
    server = Server(folder, variant)
    for number in range(1, len(KEYS)):
        server.ask("SET", KEYS[number], KEYS[number] * 60)
        saved(number)
    server.stop()


def check(folder, variant, acks):
    server = Server(folder, variant)
    try:
        values = [server.ask("GET", key) for key in KEYS]
    except OSError:
        wrong("the server does not start")
    server.stop()
    there = [value == (key * 60).encode() for key, value in zip(KEYS, values)]
    if any(value != b"$-1" and not whole for value, whole in zip(values, there)) or there != sorted(there, reverse=True):
        wrong("a value is damaged or out of order")
    all_there(there, acks)


run(lambda: subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout.split(" sha")[0], prepare, work, check)
