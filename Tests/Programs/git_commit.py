"""git: two commits, with its own choice of what to sync and with core.fsync=all."""

import os
import shutil
import subprocess
import sys

from program import acknowledged, run, saved, wrong

if not shutil.which("git"):
    sys.exit("git is missing")
CLEAN = dict(os.environ, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull, GIT_OPTIONAL_LOCKS="0")
ROLES = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
         for what, value in [("NAME", "a"), ("EMAIL", "a@example.org"), ("DATE", "2024-01-01T00:00:00Z")]}


def git(folder, *words):
    return subprocess.run(["git", "-C", folder, *words], env=CLEAN | ROLES, capture_output=True, text=True)


def commit(folder, number):
    with open(os.path.join(folder, "file"), "w") as file:
        file.write(f"{number}\n" * 400)
    for words in (["add", "file"], ["commit", "--quiet", "-m", f"saved {number}"]):
        git(folder, *words).check_returncode()


def prepare(folder, variant):
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main").check_returncode()
    git(folder, "config", "gc.auto", "0")
    if variant != "default":
        git(folder, "config", "core.fsync", "all")
    commit(folder, 0)


def work(folder, variant):
    for number in (1, 2):
        commit(folder, number)
        saved(number)


def check(folder, variant, acks):
    log = git(folder, "log", "--format=%s", "main")
    for words in (["log", "main"], ["archive", "--format=tar", "main"], ["fsck", "--no-dangling"]):
        asked = git(folder, *words)
        if asked.returncode != 0:
            what = "an object is empty" if "is empty" in asked.stderr else "an object is missing or damaged"
            wrong(f"{what}, by git {words[0]}")
    if f"saved {acknowledged(acks)}" not in log.stdout.splitlines():
        wrong("an acknowledged commit is lost")
    if git(folder, "status", "--short").returncode != 0:
        wrong("the index cannot be read")


run(lambda: subprocess.run(["git", "--version"], capture_output=True, text=True).stdout.strip(), prepare, work, check)
