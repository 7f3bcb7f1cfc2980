"""gdbm: values stored in its fast mode, in the mode that it calls synced, and with a call of sync after each."""

import ctypes
import ctypes.util
import os
import sys

from program import all_there, run, saved, wrong

try:
    import dbm.gnu
except ImportError:
    sys.exit("python3-gdbm is missing")
VALUES = [b"%d" % number * 700 for number in range(4)]


def opened(folder, mode):
    return dbm.gnu.open(os.path.join(folder, "data.gdbm"), mode)


def prepare(folder, variant):
    with opened(folder, "cs") as store:
        store[b"0"] = VALUES[0]


def work(folder, variant):
    with opened(folder, "ws" if variant == "synced mode" else "wf") as store:
        for number in range(1, len(VALUES)):
            store[b"%d" % number] = VALUES[number]
            if variant == "sync after each":
                store.sync()
            saved(number)


def check(folder, variant, acks):
    try:
        with opened(folder, "r") as store:
            found = [store.get(b"%d" % number) for number in range(len(VALUES))]
    except dbm.gnu.error as error:
        wrong(f"the store does not open or cannot be read: {error.strerror or error}")
    if any(value not in (None, whole) for value, whole in zip(found, VALUES)):
        wrong("a value is damaged")
    all_there([value is not None for value in found], acks)


def version():
    text = ctypes.c_char_p.in_dll(ctypes.CDLL(ctypes.util.find_library("gdbm")), "gdbm_version").value
    return text.decode() if text else "gdbm"


run(version, prepare, work, check)
