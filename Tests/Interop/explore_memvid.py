"""What a crash does to memories while the program that the format comes from writes them.

usage: python explore_memvid.py CRASHLAB [KEEP]

Runs in a virtual environment that has memvid-sdk, on a machine with strace. Each piece of work is traced once and explored
under two models: a mere kill of the program, and a power cut. Whatever is found is printed; nothing counts as a failure,
since the writer is not ours. With KEEP the traces stay there, packed.
"""

import gzip
import os
import subprocess
import sys
import tempfile

HEAD = """
import os, sys
import memvid_sdk
path = sys.argv[1]
def opened():
    memory = memvid_sdk.use("basic", path, mode="open")
    memory.session_list()
    return memory
def record(memory, name):
    memory.session_start(name)
    memory.put(text="a document of " + name, title=name, label="l", metadata={})
    memory.session_end()
def told(what):
    os.write(1, b"saved " + what.encode() + b"\\n")
"""

BASE = """
memory = memvid_sdk.create(path)
memory.put(text="a document", title="t", label="l", metadata={})
record(memory, "first")
record(memory, "second")
memory.seal()
memory.close()
"""

# A memory with a log record that no commit took over, left by a program that was killed inside a commit.
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Fixtures", "mv2")
PENDING = "import shutil; shutil.copy(%r, path)" % os.path.join(FIXTURES, "pending-wal-with-sessions.mv2")

# What is done before it is traced, and what is traced.
WORKS = {
    "create": ("", """
memory = memvid_sdk.create(path)
memory.put(text="a document", title="t", label="l", metadata={})
memory.seal()
told("a new memory")
"""),
    "record-and-save": (BASE, """
memory = opened()
told("nothing new")
record(memory, "third")
told("a session that ended")
memory.seal()
told("a sealed memory")
"""),
    "delete-a-session": (BASE, """
memory = opened()
sessions = memory.session_list()
told("nothing new")
first = sessions[0]
memory.session_delete(first["session_id"] if isinstance(first, dict) else first.session_id)
told("a deletion")
memory.seal()
told("a sealed memory")
"""),
    "recover-pending-records": (PENDING, """
told("what is there")
memory = opened()
told("recovery")
memory.seal()
told("a sealed memory")
"""),
    "grow-the-log": (BASE, """
memory = opened()
told("nothing new")
memory.put(text=" ".join(str(i * i) for i in range(30_000)), title="long", label="l", metadata={})
told("a document that is larger than the log")
memory.seal()
told("a sealed memory")
"""),
}

MODELS = ["cached", "posix"]


def explore(crashlab, name, before, work, keep):
    environment = dict(os.environ, MEMVID_TELEMETRY="0")
    with tempfile.TemporaryDirectory() as place:
        folder = os.path.join(place, "watched")
        os.mkdir(folder)
        memory = os.path.join(folder, "memory.mv2")
        if before:
            subprocess.run([sys.executable, "-c", HEAD + before, memory], env=environment, check=True, timeout=120)
        trace = os.path.join(place, name + ".jsonl")
        traced = subprocess.run(
            [crashlab, "trace", "--watch", folder, "--output", trace, "--", sys.executable, "-c", HEAD + work, memory],
            env=environment, capture_output=True, text=True, timeout=300)
        print(f"\n== {name}\n{traced.stderr}{traced.stdout.splitlines()[0] if traced.stdout else 'no trace'}")
        if traced.returncode != 0:
            return False
        for model in MODELS:
            found = subprocess.run(
                [crashlab, "explore", trace, "--ack", "^saved", "--model", model], capture_output=True, text=True)
            lines = found.stdout.splitlines()
            what = [line for line in lines if line[:1].isdigit() or line.startswith("got ")][1:]
            print(f"{model:8}{found.stderr}{lines[0] if lines else 'nothing'}", *what, sep="\n    ")
        if keep:
            with open(trace, "rb") as source, gzip.GzipFile(os.path.join(keep, name + ".jsonl.gz"), "wb", 9, mtime=0) as packed:
                packed.write(source.read())
    return True


def main():
    crashlab = os.path.abspath(sys.argv[1])
    keep = sys.argv[2] if len(sys.argv) > 2 else None
    done = [explore(crashlab, name, *work, keep) for name, work in WORKS.items()]
    sys.exit(0 if all(done) else 1)


main()
