"""Memories that CrashLab writes, opened by the program that the format comes from.

usage: python mv2.py CRASHLAB FIXTURES

Runs in a virtual environment that has memvid-sdk. Each memory is opened in a child process, since the program can abort on
a file that it does not like. Prints what was opened and ends with status 1 when anything was refused.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

# Asks the real program for its sessions, its frames and, when given words, its search results.
CHILD = """
import json, sys
import memvid_sdk
path, words = sys.argv[1], sys.argv[2:]
memory = memvid_sdk.use("basic", path, mode="open")
sessions = sorted((s if isinstance(s, dict) else vars(s)).get("session_id") or str(s) for s in memory.session_list())
found = {}
for word in words:
    hits = memory.find(word)
    hits = hits.get("hits", []) if isinstance(hits, dict) else hits
    found[word] = [[h.get("frame_id"), h.get("title"), h.get("text")] for h in hits]
print("RESULT " + json.dumps({"sessions": sessions, "found": found}))
"""

RECORD = """
import sys
import memvid_sdk
memory = memvid_sdk.use("basic", sys.argv[1], mode="open")
memory.session_list()
memory.session_start("recorded by the real program")
memory.put(text="a document after our save", title="t", label="l", metadata={})
memory.session_end()
memory.seal()
"""


def real(code, *arguments):
    environment = dict(os.environ, MEMVID_TELEMETRY="0")
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, timeout=120)


def ask(path, *words):
    """What the real program says about a copy of a file; None when it fails or dies."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy.mv2")
        shutil.copy(path, copy)
        child = real(CHILD, copy, *words)
        for line in child.stdout.splitlines():
            if line.startswith("RESULT "):
                return json.loads(line[7:])
        print(child.stderr[-500:], file=sys.stderr)
        return None


def main():
    crashlab, fixtures = sys.argv[1:3]
    failures = []
    counts = {}

    def crash(*arguments):
        return subprocess.run([crashlab, *arguments], capture_output=True, text=True)

    def ours(path):
        return json.loads(crash("check", "--deep", "--format", "json", path).stdout)

    def count(what, is_good, path):
        good, all_ = counts.get(what, (0, 0))
        counts[what] = (good + bool(is_good), all_ + 1)
        if not is_good:
            failures.append(f"{what}: {path}")

    def same(path, report=None):
        answer = ask(path)
        expected = sorted(s["id"] for s in (report or ours(path))["sessions"])
        return answer is not None and answer["sessions"] == expected

    with tempfile.TemporaryDirectory() as folder:
        for seed in range(200):
            path = os.path.join(folder, f"new-{seed}.mv2")
            crash("generate", "mv2", "--output", path, "--saves", str(seed % 5 + 1), "--seed", str(seed))
            count("new memories opened, all sessions listed", ours(path)["verdict"] == "clean" and same(path), path)

        whole = [n for n in sorted(os.listdir(fixtures)) if n.endswith(".mv2") and "unsealed" not in n]
        for name in whole:
            source = os.path.join(fixtures, name)
            words = ["doc", "cats", "second", "the"]
            before = ask(source, *words)
            path = os.path.join(folder, "onto-" + name)
            crash("generate", "mv2", "--onto", source, "--output", path, "--saves", "2")
            after = ask(path, *words)
            is_good = after is not None and before is not None and same(path)
            count("real memories with our sessions opened", is_good, name)
            count("search results unchanged", is_good and after["found"] == before["found"], name)

            child = real(RECORD, path)
            report = ours(path)
            names = [s["name"] for s in report["sessions"]]
            count("read back after the real program wrote", child.returncode == 0
                  and "recorded by the real program" in names and report["verdict"] == "clean", name)

            cut(source, folder, name, crash, same, ours, count)

    for what, (good, all_) in counts.items():
        print(f"{good} of {all_} {what}")
    for failure in failures:
        print("FAILED", failure)
    sys.exit(1 if failures else 0)


def cut(source, folder, name, crash, same, ours, count):
    """Every state between the writes of one safe save, and some inside of them."""
    saved = os.path.join(folder, "cut-" + name)
    crash("generate", "mv2", "--onto", source, "--output", saved, "--saves", "1")
    before, after = open(source, "rb").read(), open(saved, "rb").read()
    tail = after[len(before):]
    states = [before[:80] + after[80:]]
    states += [before + tail[: len(tail) * part // 4] for part in range(5)]
    for number, state in enumerate(states):
        path = os.path.join(folder, f"state-{number}.mv2")
        with open(path, "wb") as file:
            file.write(state)
        count("states of a cut save opened", same(path), f"{name}, state {number}")


if __name__ == "__main__":
    main()
