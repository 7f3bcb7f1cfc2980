"""Has the real Claude Agent SDK read damaged sessions, and what CrashLab recovers of them.

usage: python claude_copies.py CRASHLAB [COUNT]

For each session that is generated, damaged and recovered: reference mode gives the messages that the SDK gives, or its
error; the SDK reads the copy without an error; and every message that it showed before is in the copy.
"""

import json
import os
import subprocess
import sys
import tempfile

DAMAGES = ["cut", "flip", "overwrite", "zero-block", "insert", "delete", "duplicate", "swap", "append", "weld",
           "split-character", "nul-run", "crlf", "byte-order-mark"]
SESSION = "5e551000-0000-4000-8000-000000000001"


def run(*command):
    return subprocess.run(command, capture_output=True, check=False)


def messages(home, data):
    """What the SDK shows of a session, or the name of its exception."""
    path = os.path.join(home, "projects", "-work", SESSION + ".jsonl")
    with open(path, "wb") as file:
        file.write(data)
    try:
        return [message.uuid for message in get_session_messages(SESSION)]
    except Exception as error:  # Whatever it is, its name is what is compared.
        return type(error).__name__


def uuids(data):
    found = set()
    for line in data.split(b"\n"):
        try:
            found.add(json.loads(line).get("uuid"))
        except (ValueError, AttributeError):
            pass
    return found


def main():
    crashlab, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500
    failures = 0
    with tempfile.TemporaryDirectory() as home:
        os.environ["CLAUDE_CONFIG_DIR"] = home
        os.makedirs(os.path.join(home, "projects", "-work"))
        work = os.path.join(home, "work.jsonl")
        for seed in range(count):
            run(crashlab, "generate", "claude-code", "--size", "6000", "--seed", str(seed), "--output", work)
            damaged = run(crashlab, "damage", DAMAGES[seed % len(DAMAGES)], work, "--seed", str(seed)).stdout
            with open(work, "wb") as file:
                file.write(damaged)
            copy = os.path.join(home, f"copy-{seed}.jsonl")
            answer = run(crashlab, "check", "--mode", "reference", "--as", "claude-code", "--format", "json", work)
            view = json.loads(answer.stdout)
            real = messages(home, damaged)
            ours = view["error"]["kind"] if view["error"] else [entry["id"] for entry in view["entries"]]
            if ours != real and not (real == [] and ours in ("NoRecords", "Empty")):
                failures += 1
                print(f"seed {seed}: the SDK gives {real}, reference mode {ours}")
            if run(crashlab, "recover", "--as", "claude-code", work, "--output", copy).returncode == 73:
                failures += 1
                print(f"seed {seed}: no copy could be made")
                continue
            if not os.path.exists(copy):
                continue
            with open(copy, "rb") as file:
                recovered = file.read()
            after = messages(home, recovered)
            lost = set(real) - uuids(recovered) if isinstance(real, list) else set()
            if isinstance(after, str) or lost:
                failures += 1
                print(f"seed {seed}: of the copy the SDK gives {after}; lost {lost}")
            os.remove(copy)
    print(f"{count} damaged sessions, {failures} differences")
    return 1 if failures else 0


try:
    from claude_agent_sdk import get_session_messages
except ImportError:
    print("Skipped: claude-agent-sdk is not installed here.")
    sys.exit(0)
sys.exit(main())
