#!/usr/bin/env python3
"""Two processes append to one log and are killed a hundred times; a disk of 64 KB is full again and again.

Every entry whose identifier was printed has to be read by the peer, a program that embeds the reference
and prints a JSON verdict a file (without one, the log is read line by line), and no line may be welded.
With the lock taken out the same has to fail.

usage: kill_writers.py CRASHLAB [PEER]
"""

import json
import os
import random
import selectors
import signal
import subprocess
import sys
import tempfile

CRASHLAB, PEER = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
ENTRIES, KILLS = 1000, 100


def read(log):
    """The identifiers in the log, in order, or None when a line is no entry."""
    if PEER:
        verdict = json.loads(subprocess.run([PEER, log], capture_output=True, text=True, check=True).stdout)
        if verdict.get("recovery") != "Clean" or verdict.get("corruptCount", 0):
            return None
        return [entry["id"] if isinstance(entry, dict) else entry for entry in verdict["entries"]]
    ids = []
    with open(log, "rb") as file:
        for line in file.read().split(b"\n")[1:-1]:
            try:
                ids.append(json.loads(line)["id"])
            except (ValueError, KeyError):
                return None
    return ids


class Writer:
    def __init__(self, name, log, bug):
        self.name, self.log, self.bug = name, log, bug
        self.lives, self.acknowledged, self.rest = 0, [], b""
        self.start()

    def start(self):
        self.lives += 1
        self.rest = b""
        command = [CRASHLAB, "append", self.log, "--writer", f"{self.name}{self.lives}", "--first",
                   str(len(self.acknowledged)), "--entries", str(ENTRIES - len(self.acknowledged)), "--batch", "3",
                   "--size", "1000", "--pieces", "8", "--retries", "1000"]
        self.process = subprocess.Popen(command + (["--bug", self.bug] if self.bug else []), stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def read(self):
        """How many identifiers came; None at the end."""
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        if not data:
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.acknowledged += [line.decode() for line in lines]
        return len(lines)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        while self.read() is not None:
            pass
        self.process.wait()


def killed(bug=None):
    """Whether all that was acknowledged is there, and how many entries that were."""
    with tempfile.TemporaryDirectory() as folder:
        log = f"{folder}/log.jsonl"
        writers = [Writer(name, log, bug) for name in "ab"]
        running, kills, left = list(writers), 0, random.randrange(ENTRIES // KILLS)
        while running:
            with selectors.DefaultSelector() as selector:
                for writer in running:
                    selector.register(writer.process.stdout, selectors.EVENT_READ, writer)
                ready = [key.data for key, _ in selector.select()]
            for writer in ready:
                count = writer.read()
                if count is not None:
                    left -= count
                    continue
                writer.process.wait()
                if len(writer.acknowledged) < ENTRIES:
                    writer.start()
                else:
                    running.remove(writer)
            if left < 0 and kills < KILLS and running:
                writer = random.choice(running)
                writer.kill()
                writer.start()
                kills, left = kills + 1, random.randrange(ENTRIES // KILLS)
        found = read(log)
        acknowledged = [entry for writer in writers for entry in writer.acknowledged]
        if found is None:
            return False, len(acknowledged), kills
        for writer in writers:
            wanted = set(writer.acknowledged)
            if [entry for entry in found if entry in wanted] != writer.acknowledged:
                return False, len(acknowledged), kills
        return True, len(acknowledged), kills


def full():
    """Whether all that was acknowledged on a disk that is full again and again is there."""
    with tempfile.TemporaryDirectory() as folder:
        log, wanted = f"{folder}/log.jsonl", []
        for run in range(10):
            limit = 65_536 - 4_099 * (9 - run)
            child = subprocess.run([CRASHLAB, "append", log, "--writer", f"w{run}", "--entries", "1000", "--retries",
                                    "1", "--file-limit", str(limit)], capture_output=True, text=True)
            wanted += child.stdout.split()
        return read(log) == wanted, len(wanted)


def main():
    seed = random.randrange(1 << 32)
    random.seed(seed)
    is_whole, acknowledged, kills = killed()
    print(f"seed {seed}: {kills} kills, {acknowledged} entries acknowledged, {'all there' if is_whole else 'NOT ALL THERE'}")
    is_found = not killed("no-lock")[0]
    print(f"without the lock: {'entries are lost, as they must be' if is_found else 'NOTHING IS LOST, AND SOMETHING MUST BE'}")
    is_kept, count = full()
    print(f"a full disk of 64 KB: of 10,000 appends {count} acknowledged, {'all there' if is_kept else 'NOT ALL THERE'}")
    sys.exit(0 if is_whole and is_found and is_kept else 1)


main()
