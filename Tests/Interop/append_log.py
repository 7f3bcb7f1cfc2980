"""Appends entries to a session log below a folder, with or without making each durable before saying so.

usage: python append_log.py FOLDER [fsync]
"""

import json
import os
import sys

with open(os.path.join(sys.argv[1], "session.jsonl"), "a") as log:
    for number in range(3):
        entry = {"type": "leaf", "id": f"e{number}", "parent_id": None, "timestamp": "t", "entry_id": "x" * 600}
        log.write(json.dumps(entry) + "\n")
        log.flush()
        if "fsync" in sys.argv:
            os.fsync(log.fileno())
        print("saved", number, flush=True)
