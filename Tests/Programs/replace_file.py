"""A Python program that replaces a file: written beside it, synced or not, renamed over it."""

import os
import platform

from program import at_least, run, saved, wrong

SIZE = 3_000


def write(folder, number, variant):
    path = os.path.join(folder, "state")
    with open(path + ".new", "w") as file:
        file.write(f"{number}\n" * (SIZE // 2))
        if variant != "without fsync":
            file.flush()
            os.fsync(file.fileno())
    os.replace(path + ".new", path)
    if variant == "with fsync of file and folder":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def prepare(folder, variant):
    write(folder, 0, variant)


def work(folder, variant):
    for number in range(1, 4):
        write(folder, number, variant)
        saved(number)


def check(folder, variant, acks):
    with open(os.path.join(folder, "state"), "rb") as file:
        content = file.read()
    if content not in [b"%d\n" % number * (SIZE // 2) for number in range(4)]:
        wrong("the file is neither old nor new")
    at_least(int(content[:1]), acks)


run(lambda: "Python " + platform.python_version(), prepare, work, check)
