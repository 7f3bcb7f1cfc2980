"""Damaged files that CrashLab recovered, read by the programs that the formats come from.

usage: python recovered.py CRASHLAB FIXTURES COUNT [PEER]

Damages COUNT memories (those of the real program in FIXTURES, some with further saves of CrashLab's) and, when PEER is a
program that embeds the reference reader of session logs, COUNT logs; has each recovered; and has the copies read by
memvid-sdk (in child processes, since it can abort) and by PEER. A memory has to open and list the sessions that were found
in the damaged file; a log has to be Clean with the same identifiers. Ends with status 1 when one is not.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

# Reads the copies whose paths follow, one after the other.
CHILD = """
import json, sys
import memvid_sdk
for path in sys.argv[1:]:
    print("BEGIN " + path, flush=True)
    try:
        memory = memvid_sdk.use("basic", path, mode="open")
        ids = sorted((s if isinstance(s, dict) else vars(s)).get("session_id") or str(s) for s in memory.session_list())
        print("RESULT " + json.dumps(ids), flush=True)
        memory.close()
    except BaseException as error:
        print("RESULT " + json.dumps(repr(error)), flush=True)
"""

DAMAGES = ["cut", "flip", "overwrite", "zero-block", "insert", "delete", "duplicate", "swap", "append", "nul-run", "stale-tail"]


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True)


def damaged(crashlab, whole, seed, folder, extension):
    """A damaged copy of a file, half of them near its end, and what crashlab finds in it."""
    path = os.path.join(folder, f"{seed}{extension}")
    name = DAMAGES[seed % len(DAMAGES)]
    arguments = [crashlab, "damage", name, whole, "--seed", str(seed), "--output", path]
    size = os.path.getsize(whole)
    if name in ("cut", "flip", "nul-run", "stale-tail") and seed % 2:
        arguments += ["--offset", str(max(0, size - 1 - seed * 37 % 2000))]
        arguments += ["--count", str(seed % 8 if name == "flip" else 64)]
    if name == "stale-tail":
        arguments += ["--with", os.devnull]
    run(*arguments)
    if not os.path.exists(path):
        return None, None
    return path, json.loads(run(crashlab, "check", "--format", "json", path).stdout or "null")


def recover(crashlab, path, extension):
    copy = path + ".copy" + extension
    report = json.loads(run(crashlab, "recover", "--format", "json", "--output", copy, path).stdout or "{}")
    return copy if os.path.exists(copy) else None, report


def real(paths):
    """What memvid-sdk lists of each copy; a path without an answer is one on which it died."""
    answers = {}
    rest = list(paths)
    while rest:
        environment = dict(os.environ, MEMVID_TELEMETRY="0")
        child = subprocess.run(
            [sys.executable, "-c", CHILD, *rest], capture_output=True, text=True, env=environment)
        begun = None
        for line in child.stdout.splitlines():
            if line.startswith("BEGIN "):
                begun = line[6:]
            elif line.startswith("RESULT ") and begun:
                answers[begun] = json.loads(line[7:])
        if begun is None:
            break
        if begun not in answers:
            answers[begun] = f"died with {child.returncode}"
        rest = rest[rest.index(begun) + 1:]
    return answers


def memories(crashlab, fixtures, count, folder):
    wholes = [p for p in sorted(glob.glob(os.path.join(fixtures, "*.mv2"))) if "session" in p or "multi" in p or "many" in p]
    for number, base in enumerate(wholes[:6]):
        path = os.path.join(folder, f"saved-{number}.mv2")
        run(crashlab, "generate", "mv2", "--onto", base, "--saves", "3", "--seed", str(number + 1), "--output", path)
        wholes.append(path)
    found, segments, nothing = {}, 0, 0
    seed = 0
    while len(found) + segments + nothing < count:
        seed += 1
        path, report = damaged(crashlab, wholes[seed % len(wholes)], seed, folder, ".mv2")
        if path is None or report["verdict"] == "clean":
            continue
        copy, outcome = recover(crashlab, path, ".mv2")
        if copy is None:
            nothing += 1
        elif outcome["outputFormat"] != "mv2":
            segments += 1
        else:
            found[copy] = sorted(session["id"] for session in report.get("sessions", []))
    answers = real(found)
    wrong = [(path, ids, answers.get(path)) for path, ids in found.items() if answers.get(path) != ids]
    print(f"memories: {len(found)} copies with a table, {len(found) - len(wrong)} opened with the sessions that were found; "
          f"{segments} came back as segments, of {nothing} nothing")
    return wrong


def logs(crashlab, peer, count, folder):
    copies = {}
    seed = 0
    while len(copies) < count:
        seed += 1
        whole = os.path.join(folder, "whole.jsonl")
        run(crashlab, "generate", "session-log", "--size", "4000", "--seed", str(seed), "--output", whole)
        path, report = damaged(crashlab, whole, seed, folder, ".jsonl")
        if path is None or report["verdict"] == "clean" or report["format"] != "session-log":
            continue
        copy, _ = recover(crashlab, path, ".jsonl")
        if copy:
            newer = {finding["line"] for finding in report["findings"] if finding["code"] == "newer-entry"}
            ids = [entry["id"] for entry in report.get("entries", []) if entry["line"] not in newer]
            copies[copy] = (ids, "CorruptEntries" if newer else "Clean")
    wrong = []
    for path, (ids, recovery) in copies.items():
        verdict = json.loads(run(peer, path).stdout)
        if verdict.get("recovery") != recovery or verdict["entries"] != ids:
            wrong.append((path, ids, verdict.get("recovery") or verdict))
    newer = sum(recovery != "Clean" for _, recovery in copies.values())
    print(f"logs: {len(copies)} copies, {len(copies) - newer - len(wrong)} Clean for the peer with the identifiers that were "
          f"found, {newer} with an entry that looks like one of a later release and was kept for that")
    return wrong


def main():
    crashlab, fixtures, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        wrong = memories(crashlab, fixtures, count, folder)
        if len(sys.argv) > 4:
            wrong += logs(crashlab, sys.argv[4], count, folder)
        for path, expected, got in wrong[:20]:
            print(f"{os.path.basename(path)}: expected {expected}, got {got}", file=sys.stderr)
        sys.exit(1 if wrong else 0)


main()
