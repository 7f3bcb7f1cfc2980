"""Files that are cut, grown, rewritten and replaced while `crashlab check` reads them.

usage: python changing_files.py CRASHLAB [SECONDS]

A process changes logs and a memory in a loop, 60 seconds long unless told otherwise, while they are checked again and again
as a whole and as streams. Every line of a log tells of which version of the log it is and which line of it, so what a check
lists tells of which states it read. A state is a beginning of one version, or while a version is written over the one before
it a beginning of the new one and the rest of the old one. Prints what was seen, and ends with status 1 when a check died, or
told a mixture that never was there without `changed-while-reading`.
"""

import collections
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time

HEADER = b'{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/","parent_session":null}\n'


def line(version, index):
    return (
        '{"type":"message","id":"%06d-%06d","parent_id":null,"timestamp":"2026-05-22T12:00:01Z","message":{"role":"user",'
        '"content":[{"type":"text","text":"%s"}],"timestamp_ms":1}}\n' % (version, index, "x" * 50)
    ).encode()


def log(version, count):
    return HEADER + b"".join(line(version, index) for index in range(count))


def change_log(path, count, seed):
    """Changes a log for ever; waits now and then, so that files at rest are met too."""
    choose = random.Random(seed)
    version = 1
    content = log(version, count)
    with open(path, "wb") as file:
        file.write(content)
    while True:
        what = choose.randrange(5)
        if what == 0:
            os.truncate(path, choose.randrange(os.path.getsize(path) + 1))
        elif what == 1:
            with open(path, "ab") as file:
                rest = content[os.path.getsize(path) :]
                while rest:
                    piece = choose.randrange(1, 300_000)
                    file.write(rest[:piece])
                    file.flush()
                    rest = rest[piece:]
        elif what == 2:
            version += 1
            content = log(version, count)
            with open(path, "wb") as file:
                file.write(content)
        elif what == 3:
            version += 1
            content = log(version, count)
            with open(path + ".new", "wb") as file:
                file.write(content)
            os.rename(path + ".new", path)
        elif os.path.getsize(path) == len(content):
            # In place: a state is a beginning of the new version and the rest of the old one.
            version += 1
            content = log(version, count)
            with open(path, "r+b") as file:
                file.write(content)
        if choose.randrange(4) == 0:
            time.sleep(choose.random() / 10)


def change_memory(path, content, seed):
    choose = random.Random(seed)
    while True:
        what = choose.randrange(3)
        if what == 0:
            os.truncate(path, choose.randrange(os.path.getsize(path) + 1))
        elif what == 1:
            with open(path, "r+b") as file:
                file.write(content)
        else:
            with open(path + ".new", "wb") as file:
                file.write(content)
            os.rename(path + ".new", path)
        if choose.randrange(4) == 0:
            time.sleep(choose.random() / 10)


def log_problem(told, count):
    """What is wrong with what was told of a log; None when a state of it allows that."""
    if told["verdict"] == "unreadable":
        # A beginning of the file that ends inside its header.
        return None
    entries = [tuple(map(int, entry["id"].split("-"))) for entry in told.get("entries", [])]
    versions = [version for version, _ in entries]
    if [index for _, index in entries] != list(range(len(entries))):
        return "lines are missing"
    if versions != sorted(versions, reverse=True) or (versions and versions[0] - versions[-1] > 1):
        return "lines of versions that never stood in the file together"
    if told["verdict"] not in ("clean", "recovered"):
        return "no state of the file is " + told["verdict"]
    number = len(entries) if entries or "entryCount" not in told else told["entryCount"]
    if told["verdict"] == "clean" and number > count:
        return "more lines than were written"
    return None


def main():
    crashlab = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    with tempfile.TemporaryDirectory() as folder:
        memory = os.path.join(folder, "memory.mv2")
        subprocess.run([crashlab, "generate", "mv2", "--output", memory], check=True)
        with open(memory, "rb") as file:
            content = file.read()
        while len(content) < 3_000_000:
            # A large file with a table that is found by searching.
            content = content[:4096] + content[4096:] * 2 if len(content) < 6000 else content * 2
        subjects = [("small.jsonl", 500), ("large.jsonl", 30_000)]
        changers = [
            multiprocessing.Process(target=change_log, args=(os.path.join(folder, name), count, count), daemon=True)
            for name, count in subjects
        ] + [multiprocessing.Process(target=change_memory, args=(memory, content, 1), daemon=True)]
        with open(memory, "wb") as file:
            file.write(content)
        for changer in changers:
            changer.start()
        while not all(os.path.exists(os.path.join(folder, name)) for name, _ in subjects):
            time.sleep(0.01)
        seen = collections.Counter()
        failures = []
        end = time.time() + seconds
        counts = dict(subjects)
        while time.time() < end and not failures:
            for name in ["small.jsonl", "large.jsonl", "memory.mv2"]:
                for options in [[], ["--stream"]]:
                    child = subprocess.run(
                        [crashlab, "check", "--format", "json"] + options + [os.path.join(folder, name)], capture_output=True
                    )
                    what = " ".join([name] + options)
                    if child.returncode not in (0, 1, 2):
                        failures.append("%s: status %d %s" % (what, child.returncode, child.stderr.decode()[:500]))
                        continue
                    told = json.loads(child.stdout)
                    codes = [finding["code"] for finding in told["findings"]]
                    changed = "changed-while-reading" in codes
                    seen[(what, told["verdict"] + (", changed while reading" if changed else ""))] += 1
                    if name in counts and not changed:
                        problem = log_problem(told, counts[name])
                        if problem:
                            failures.append("%s: %s; %s %s" % (what, problem, told["verdict"], told["findings"][:3]))
        for changer in changers:
            changer.kill()
        for (what, verdict), number in sorted(seen.items()):
            print("%6d  %-22s %s" % (number, what, verdict))
        print("%d checks, %d failures" % (sum(seen.values()), len(failures)))
        for failure in failures:
            print(failure)
        sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
