"""LevelDB opened again, which makes a new manifest and removes the old one; a put without and one with a sync."""

import ctypes.util
import os
import sys

from program import all_there, run, saved, wrong

try:
    import plyvel
except ImportError:
    sys.exit("python3-plyvel is missing")


def opened(folder, **options):
    return plyvel.DB(os.path.join(folder, "data"), **options)


def prepare(folder, variant):
    database = opened(folder, create_if_missing=True)
    database.put(b"0", b"there before", sync=True)
    database.close()


def work(folder, variant):
    database = opened(folder)
    database.put(b"unsynced", b"may be lost")
    database.put(b"1", b"x" * 600, sync=True)
    saved(1)
    database.put(b"2", b"y" * 600, sync=True)
    saved(2)
    database.close()


def check(folder, variant, acks):
    try:
        database = opened(folder)
        values = [database.get(b"%d" % number) for number in range(3)]
    except Exception as error:
        wrong(f"the database does not open: {os.fsdecode(error.args[0]).split(folder)[0]}")
    database.close()
    wanted = [b"there before", b"x" * 600, b"y" * 600]
    if any(value not in (None, whole) for value, whole in zip(values, wanted)):
        wrong("a value is damaged")
    all_there([value is not None for value in values], acks)


run(lambda: f"plyvel {plyvel.__version__}, {ctypes.util.find_library('leveldb')}", prepare, work, check)
