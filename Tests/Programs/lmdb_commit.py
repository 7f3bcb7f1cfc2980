"""LMDB: two transactions of several pages each, written with calls or through a map of the file."""

import sys

from program import at_least, run, saved, wrong

try:
    import lmdb
except ImportError:
    sys.exit("python3-lmdb is missing")
KEYS = [b"a", b"b", b"c"]


def opened(folder, variant):
    return lmdb.open(folder, map_size=1 << 20, writemap=variant == "with writemap", max_dbs=0)


def write(environment, number):
    with environment.begin(write=True) as transaction:
        for key in KEYS:
            transaction.put(key, b"%d" % number * 1_500)


def prepare(folder, variant):
    with opened(folder, variant) as environment:
        write(environment, 0)


def work(folder, variant):
    with opened(folder, variant) as environment:
        for number in (1, 2):
            write(environment, number)
            saved(number)


def check(folder, variant, acks):
    try:
        with opened(folder, "to read") as environment, environment.begin() as transaction:
            found = {transaction.get(key) for key in KEYS}
    except lmdb.Error as error:
        wrong(f"the database does not open: {error}")
    if len(found) != 1 or found - {b"%d" % number * 1_500 for number in range(3)}:
        wrong("the database is corrupt, or half of a transaction is there")
    at_least(int(found.pop()[:1]), acks)


run(lambda: "LMDB " + ".".join(map(str, lmdb.version())), prepare, work, check)
