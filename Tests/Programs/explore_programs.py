"""What a crash leaves of what well-known programs write, each judged by the program itself.

usage: python explore_programs.py CRASHLAB [NAME…] [--models M,…] [--states N] [--verbose] [--keep FOLDER]

Runs on a machine with strace. Each variant of each script beside this file is traced once and explored under each model; what is
found is printed, with its causes. A program that is missing is skipped with a sentence. Nothing that is found counts as a
failure, since the programs are not ours, except in the one that is: the file that Python replaces, which must be safe with a sync
and unsafe without. With --keep the traces stay there; --states bounds the states that are visited of each in each model.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = ["cached", "ordered", "journaled", "posix"]

# Of each script the variants. All but the names of the models are handed to the script.
PROGRAMS = {
    "replace_file": ["without fsync", "with fsync of the file", "with fsync of file and folder"],
    "sqlite_rollback": ["OFF", "FULL", "EXTRA"],
    "leveldb_reopen": ["default"],
    "git_commit": ["default", "core.fsync=all"],
    "lmdb_commit": ["default", "with writemap"],
    "redis_append": ["always", "everysec"],
    "gdbm_store": ["fast", "synced mode", "sync after each"],
}


def script(name):
    return [sys.executable, "-B", os.path.join(HERE, name + ".py")]


def version(name):
    asked = subprocess.run(script(name) + ["version"], capture_output=True, text=True)
    if asked.returncode != 0:
        print(f"\n{name} is skipped: {asked.stderr.strip().splitlines()[-1]}.")
        return None
    return asked.stdout.strip()


def trace(crashlab, name, variant, place):
    """Records the workload; the trace's path, or nothing."""
    folder = os.path.join(place, "watched")
    os.mkdir(folder)
    path = os.path.join(place, f"{name} {variant}.jsonl".replace(" ", "-").replace("=", "-"))
    subprocess.run(script(name) + ["prepare", folder, variant], check=True, timeout=120)
    command = [crashlab, "trace", "--watch", folder, "--output", path, "--", *script(name), "work", folder, variant]
    traced = subprocess.run(command, capture_output=True, text=True, timeout=300)
    print(f"\n== {name}, {variant}")
    for line in traced.stderr.splitlines() + [line for line in traced.stdout.splitlines() if " operations " in line]:
        print("   " + line.split("; ")[0].replace(place + os.sep, ""))
    return path if traced.returncode == 0 else None


def explore(crashlab, name, variant, path, model, states, verbose):
    """Prints what is found; whether a state was wrong."""
    check = shlex.join(script(name) + ["check"]) + " {} " + shlex.quote(variant) + " {acks}"
    command = [crashlab, "explore", path, "--model", model, "--sector", "4096", "--ack", "^saved", "--check", check]
    command += ["--bound", str(states), "--samples", str(states)]
    found = subprocess.run(command, capture_output=True, text=True)
    for line in (found.stderr + found.stdout).splitlines():
        told = re.match(r"\d.* visited |\d+\. |got  |warning|not seen|Not judged", line)
        if told or verbose:
            print(f"{model:9} {'      ' if line.startswith('got ') else ''}{line.replace(os.path.dirname(path) + os.sep, '')}")
    # 2: nothing is wrong, but something could not be seen.
    if found.returncode not in (0, 1, 2):
        raise SystemExit(f"crashlab ended with {found.returncode}")
    return found.returncode == 1


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("crashlab")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--keep")
    parser.add_argument("--states", type=int, default=500)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--models", default=",".join(MODELS))
    given = parser.parse_args()
    crashlab = os.path.abspath(given.crashlab)
    unexpected = []
    for name in given.names or PROGRAMS:
        program = version(name)
        if program is None:
            continue
        print(f"\n{name}: {program}")
        for variant in PROGRAMS[name]:
            with tempfile.TemporaryDirectory() as place:
                path = trace(crashlab, name, variant, place)
                if path is None:
                    unexpected.append(f"{name}, {variant}, was not traced")
                    continue
                wrong = {
                    model for model in given.models.split(",")
                    if explore(crashlab, name, variant, path, model, given.states, given.verbose)
                }
                if given.keep:
                    os.makedirs(given.keep, exist_ok=True)
                    os.replace(path, os.path.join(given.keep, os.path.basename(path)))
                if name == "replace_file" and "posix" in given.models and ("posix" in wrong) == (variant.endswith("folder")):
                    unexpected.append(f"{name}, {variant}, was found {'wrong' if wrong else 'right'}")
    sys.exit("\n".join(unexpected) if unexpected else 0)


main()
