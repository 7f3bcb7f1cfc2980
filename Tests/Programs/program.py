"""What the scripts beside this file share: each is a program's workload and what its state after a crash has to hold.

    SCRIPT version                       the program's version; fails with a sentence where the program is missing
    SCRIPT prepare FOLDER VARIANT        what is there, durably, before the workload
    SCRIPT work FOLDER VARIANT           the workload; prints "saved N" once N is acknowledged
    SCRIPT check FOLDER VARIANT ACKS     opens what a crash left with the program itself; ACKS holds the lines that were printed
"""

import os
import sys


def saved(number):
    os.write(1, b"saved %d\n" % number)


def acknowledged(path):
    """The last number that had been acknowledged when the crash came."""
    with open(path) as lines:
        return max((int(line.split()[1]) for line in lines if line.startswith("saved ")), default=0)


def wrong(sentence):
    print(sentence)
    sys.exit(1)


def all_there(there, acks):
    """Fails when what was prepared, or acknowledged since, is not there; there tells it of each number from 0 on."""
    if not there[0]:
        wrong("what was there before is lost")
    if len(there) <= acknowledged(acks) or not all(there[:acknowledged(acks) + 1]):
        wrong("an acknowledged value is lost")


def at_least(found, acks):
    """Fails when what was found is older than what had been acknowledged."""
    if found < acknowledged(acks):
        wrong("an acknowledged change is lost")


def run(version, prepare, work, check):
    command, *words = sys.argv[1:]
    if command == "version":
        print(version())
    else:
        {"prepare": prepare, "work": work, "check": check}[command](*words)
