"""SQLite with a rollback journal: each transaction changes rows on three pages to one and the same version."""

import os
import sqlite3

from program import at_least, run, saved, wrong

ROWS = 3


def opened(folder, synchronous):
    database = sqlite3.connect(os.path.join(folder, "data.db"), isolation_level=None)
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute(f"PRAGMA synchronous = {synchronous}")
    return database


def prepare(folder, variant):
    database = opened(folder, "EXTRA")
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, version INTEGER, padding TEXT)")
    database.executemany("INSERT INTO t VALUES (?, 0, ?)", [(row, "x" * 3_000) for row in range(ROWS)])


def work(folder, variant):
    database = opened(folder, variant)
    for number in (1, 2):
        database.execute("BEGIN")
        database.execute("UPDATE t SET version = ?", (number,))
        database.execute("COMMIT")
        saved(number)


def check(folder, variant, acks):
    try:
        database = opened(folder, "OFF")
        whole = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        versions = [version for version, in database.execute("SELECT version FROM t")]
    except sqlite3.DatabaseError as error:
        wrong(f"the database does not open: {error}")
    if not whole or len(versions) != ROWS or len(set(versions)) != 1:
        wrong("the database is corrupt, or half of a transaction is there")
    at_least(versions[0], acks)


run(lambda: "SQLite " + sqlite3.sqlite_version, prepare, work, check)
