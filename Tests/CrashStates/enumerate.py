#!/usr/bin/env python3
"""Every disk that a crash can leave of a small trace, by brute force, to judge `crashlab explore --disks` by.

usage: enumerate.py disks TRACE [OPTIONS]                    print the disks, in the form of --disks
       enumerate.py random SEED                              print the random trace of this seed
       enumerate.py compare CRASHLAB TRACE… [OPTIONS]        compare with what CRASHLAB prints of these traces
       enumerate.py campaign CRASHLAB [COUNT [FIRST-SEED]]   compare COUNT random traces in each model, 2000 unless told otherwise
       enumerate.py fixtures FOLDER                          write the traces and disks that tests compare with, without Python

OPTIONS: --model cached|ordered|journaled|posix, --sector N, --torn-sectors, --garbage

Written from the description of the models alone, not from the explorer: whoever changes one changes the other by reading that
description again. Nothing here is clever. All arrangements of overlapping operations, all sets of changes and all sizes are
formed, one after another; only equal results are merged, so that six operations take no hours. Each result remembers how it came
about, so that a difference can be explained.
"""

import argparse
import base64
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile

MODELS = ["cached", "ordered", "journaled", "posix"]
ROOT = ("folder", 0)


# ---- Traces

class Operation:
    """One line of a trace: what it does is resolved to files, folders and names as they were when it was issued."""

    def __init__(self, index, line):
        self.index = index
        self.kind = line["op"]
        self.returned = line.get("returned", index + 1)
        self.file = line.get("file")
        self.offset = line.get("offset", 0)
        self.bytes = base64.b64decode(line.get("bytes", ""))
        self.size = line.get("size")
        self.of = line.get("of")
        self.folder = None
        # Names (a folder and a last component) and what they are bound to from then on; what they were bound to before.
        self.binds = {}
        self.unbinds = []

    @property
    def end(self):
        return self.offset + len(self.bytes)

    @property
    def touched(self):
        return set(self.binds.values()) | set(self.unbinds)


class Tree:
    """The names of the running system."""

    def __init__(self):
        self.names = {}
        self.folders = 1

    def new_folder(self):
        self.folders += 1
        return ("folder", self.folders - 1)

    def name(self, path):
        folder = ROOT
        *above, last = path.split("/")
        for component in above:
            folder = self.names[folder, component]
        return folder, last

    def look_up(self, path):
        return ROOT if path == "." else self.names.get(self.name(path))

    def changes(self, line):
        """What the names of a line are bound to once it took effect."""
        kind = line["op"]
        if kind == "create":
            return {self.name(line["path"]): ("file", line["file"])}
        if kind == "make-folder":
            return {self.name(line["path"]): self.new_folder()}
        if kind in ("remove", "remove-folder"):
            return {self.name(line["path"]): None}
        if kind == "link":
            return {self.name(line["to"]): self.look_up(line["path"])}
        if kind == "rename":
            return {self.name(line["path"]): None, self.name(line["to"]): self.look_up(line["path"])}
        if kind == "exchange":
            return {self.name(line["path"]): self.look_up(line["to"]), self.name(line["to"]): self.look_up(line["path"])}
        return {}


class Trace:
    def __init__(self, lines):
        self.base_bytes = {}
        self.operations = []
        tree = Tree()
        for line in lines:
            kind = line.get("op")
            if kind == "base":
                tree.names[tree.name(line["path"])] = ("file", line["file"])
                self.base_bytes[line["file"]] = base64.b64decode(line["bytes"])
            elif kind == "base-folder":
                tree.names[tree.name(line["path"])] = tree.new_folder()
            elif kind is not None:
                if not self.operations:
                    self.base_names = dict(tree.names)
                self.operations.append(self.resolved(line, tree))
        if not self.operations:
            self.base_names = dict(tree.names)
        self.files = sorted(set(self.base_bytes) | {o.file for o in self.operations if o.file is not None})

    def resolved(self, line, tree):
        operation = Operation(len(self.operations), line)
        if operation.kind == "sync-folder":
            operation.folder = tree.look_up(line["path"])
        operation.binds = tree.changes(line)
        operation.unbinds = [tree.names[name] for name in operation.binds if tree.names.get(name)]
        tree.names.update(operation.binds)
        return operation

    @staticmethod
    def read(path):
        with open(path) as source:
            return Trace([json.loads(line) for line in source if line.strip()])


# ---- Order and durability

def came_before(first, second):
    return first.returned <= second.index


def arrangements(operations):
    """All orders in which one operation stands before another whenever it came before it."""
    def extend(order, left):
        if not left:
            yield order
        for operation in left:
            if not any(came_before(other, operation) for other in left if other is not operation):
                yield from extend(order + [operation], [other for other in left if other is not operation])
    return extend([], list(operations))


class Crash:
    """A crash point: what had been issued, what of it is done, and what is durable by that. Done is what came before the last
    that was issued: what returned before the next one was may be running still when the crash comes."""

    def __init__(self, trace, point):
        self.issued = trace.operations[:point]
        self.point = point
        self.acknowledged = sum(operation.kind == "acknowledge" for operation in self.issued)
        self.operations = trace.operations

    def done(self, operation):
        return came_before(operation, self.issued[-1])

    def done_syncs(self, *kinds):
        return [operation for operation in self.issued if operation.kind in kinds and self.done(operation)]

    def covered(self, change, syncs):
        """Whether one of the syncs makes the bytes of a write or resize durable."""
        for sync in syncs:
            if sync.kind == "sync-write":
                if sync.of == change.index:
                    return True
            elif sync.kind == "sync-all" or sync.kind == "sync" and sync.file == change.file:
                if came_before(change, sync):
                    return True
        return False

    def doubtful(self, change):
        """Whether it was pending at a failed sync of its file."""
        syncs = self.done_syncs("sync", "sync-all", "sync-write")
        return any(
            came_before(change, failed) and not self.covered(change, [sync for sync in syncs if came_before(sync, failed)])
            for failed in self.issued if failed.kind == "failed-sync" and failed.file == change.file)

    def bytes_durable(self, change):
        return self.covered(change, self.done_syncs("sync", "sync-all", "sync-write")) and not self.doubtful(change)

    def name_durable_in_posix(self, change):
        """By a sync of the folder of the name that was bound (or unbound, where none was bound), or of all."""
        for sync in self.done_syncs("sync-folder", "sync-all"):
            names = [name for name, bound in change.binds.items() if bound] or list(change.binds)
            if came_before(change, sync) and (sync.kind == "sync-all" or any(name[0] == sync.folder for name in names)):
                return True
        return False

    def name_durable_in_journaled(self, change):
        for sync in self.done_syncs("sync", "sync-folder", "sync-all"):
            if not came_before(change, sync):
                continue
            if sync.kind == "sync-all":
                return True
            if sync.kind == "sync-folder" and any(folder == sync.folder for folder, _ in change.binds):
                return True
            if sync.kind == "sync" and ("file", sync.file) in change.touched:
                return True
        return False


# ---- Bytes

class Options:
    def __init__(self, sector=512, torn_sectors=False, garbage=False):
        self.sector = sector
        self.torn_sectors = torn_sectors
        self.garbage = garbage


def sectors(write, sector):
    """Where a write's bytes in each of the sectors that it touches begin and end, in the file."""
    start = write.offset
    while start < write.end:
        end = min(write.end, (start // sector + 1) * sector)
        yield start, end
        start = end


def with_bytes(content, start, data):
    content = content.ljust(start, b"\0")
    return content[:start] + data + content[start + len(data):]


def with_part(content, write, start, end):
    return with_bytes(content, start, write.bytes[start - write.offset:end - write.offset]) if start < end else content


def with_noise(content, start, sector):
    first = start // sector * sector
    return with_bytes(content, first, bytes((offset * 167 + 13) & 0xFF for offset in range(first, first + sector)))


def cut(content, size):
    return content[:size].ljust(size, b"\0")


def halves(start, end, sector):
    middle = start // sector * sector + sector // 2
    return (start, min(end, middle)), (max(start, middle), end)


def changes_bytes(operation, file):
    return operation.file == file and (operation.kind == "resize" or operation.kind == "write" and operation.bytes != b"")


def apply_running(contents, operation):
    """The files' bytes after the running system took an operation, as it sees them."""
    if operation.kind == "write":
        contents[operation.file] = with_part(contents[operation.file], operation, operation.offset, operation.end)
    elif operation.kind == "resize":
        contents[operation.file] = cut(contents[operation.file], operation.size)


def possible_sizes(base_size, file, crash, order, options):
    """The durable size of a file and each that it had since, in this order."""
    size = base_size
    sizes = [size]
    least = []
    syncs = crash.done_syncs("sync", "sync-all")
    sync_writes = {sync.of for sync in crash.done_syncs("sync-write")}
    for operation in order:
        if not changes_bytes(operation, file):
            continue
        if operation.kind == "resize":
            size = operation.size
            sizes.append(size)
            least = []
        for _, end in sectors(operation, options.sector):
            size = max(size, end)
            sizes.append(size)
        if operation.index in sync_writes:
            least.append(operation.end)
        if crash.covered(operation, syncs):
            sizes = [size]
    return sorted({size for size in sizes if all(size >= end for end in least)})


def possible_bytes(base, file, crash, order, options):
    """What a file may hold before its size is set: bytes, and the choices that lead to them."""
    found = {base: ()}
    for operation in order:
        if not changes_bytes(operation, file):
            continue
        durable = crash.bytes_durable(operation)
        for choices in byte_choices(operation, durable, options):
            after = {}
            for content, how in found.items():
                for what, change in choices:
                    after.setdefault(change(content), how + ((operation.index, what),))
            found = after
    return found


def byte_choices(operation, durable, options):
    """For each change of a write or resize what may be there of it."""
    if operation.kind == "resize":
        there = ("there", lambda content: cut(content, operation.size))
        yield [there] if durable else [("not there", lambda content: content), there]
        return
    for start, end in sectors(operation, options.sector):
        def part(first, last):
            return lambda content: with_part(content, operation, first, last)
        number = start // options.sector
        choices = [(f"sector {number} there", part(start, end))]
        if not durable:
            choices.append((f"sector {number} not there", lambda content: content))
            if options.torn_sectors:
                front, back = halves(start, end, options.sector)
                choices.append((f"first half of sector {number}", part(*front)))
                choices.append((f"second half of sector {number}", part(*back)))
            if options.garbage:
                choices.append((f"sector {number} noise", lambda content, start=start: with_noise(content, start, options.sector)))
        yield choices


def possible_files(trace, crash, order, options):
    """For each file the bytes that it may have on disk, each with how it came about."""
    files = {}
    for file in trace.files:
        base = trace.base_bytes.get(file, b"")
        sizes = possible_sizes(len(base), file, crash, order, options)
        found = {}
        for content, how in possible_bytes(base, file, crash, order, options).items():
            for size in sizes:
                found.setdefault(cut(content, size), how + (("size", size),))
        files[file] = found
    return files


# ---- Names

def possible_names(trace, crash, order, model):
    """The names that may be on disk, each with the operations that lead to them."""
    changes = [operation for operation in order if operation.binds]
    sets = prefixes(changes, crash) if model == "journaled" else histories(changes, crash)
    found = {}
    for kept in sets:
        names = dict(trace.base_names)
        for operation in kept:
            names.update(operation.binds)
        found.setdefault(frozenset(names.items()), tuple(operation.index for operation in kept))
    return found


def prefixes(changes, crash):
    durable = [place for place, change in enumerate(changes, 1) if crash.name_durable_in_journaled(change)]
    for count in range(max(durable, default=0), len(changes) + 1):
        yield changes[:count]


def histories(changes, crash):
    """Every set that holds what is durable, and with each change all before it that touch one of its names."""
    durable = {change for change in changes if crash.name_durable_in_posix(change)}
    for mask in itertools.product([False, True], repeat=len(changes)):
        kept = [change for change, there in zip(changes, mask) if there]
        needed = set(durable)
        for place, change in enumerate(changes):
            if mask[place]:
                needed.update(other for other in changes[:place] if set(other.binds) & set(change.binds))
        if needed <= set(kept):
            yield kept


# ---- Disks

class TooManyDisks(Exception):
    pass


class FolderInItself(Exception):
    pass


def seen(names):
    """The files and folders that can be reached: path and file, and paths."""
    inside = {}
    for (folder, last), bound in names:
        if bound:
            inside.setdefault(folder, []).append((last, bound))
    files, folders = [], []

    def walk(folder, prefix, above):
        for last, bound in inside.get(folder, []):
            if bound[0] == "file":
                files.append((prefix + last, bound[1]))
            else:
                if bound in above:
                    raise FolderInItself
                folders.append(prefix + last)
                walk(bound, prefix + last + "/", above | {bound})
    walk(ROOT, "", {ROOT})
    return sorted(files), tuple(sorted(folders))


def disk(crash, names, contents):
    files, folders = seen(names)
    return crash.acknowledged, tuple((path, contents[file]) for path, file in files), folders


def base_contents(trace):
    return {file: trace.base_bytes.get(file, b"") for file in trace.files}


def cached(trace, crash, order, options):
    """All that is done, and of what is running any part."""
    running = [operation for operation in order if not crash.done(operation)]
    for mask in itertools.product([True, False], repeat=len(running)):
        missing = [operation for operation, there in zip(running, mask) if not there]
        contents, names = base_contents(trace), dict(trace.base_names)
        for operation in order:
            if operation not in missing:
                apply_running(contents, operation)
                names.update(operation.binds)
        yield disk(crash, names.items(), contents), {"not there": [operation.index for operation in missing]}


def ordered(trace, crash, order, options):
    """A prefix that holds what syncs cover, and of the write behind it its first sectors."""
    needed = set()
    for sync in crash.done_syncs("sync", "sync-folder", "sync-all", "sync-write"):
        last = crash.operations[sync.of] if sync.kind == "sync-write" else sync
        needed.update(operation for operation in crash.issued if came_before(operation, last))
        if sync.kind == "sync-write":
            needed.add(last)
    contents, names = base_contents(trace), dict(trace.base_names)
    for count in range(len(order) + 1):
        if needed <= set(order[:count]):
            yield disk(crash, names.items(), contents), {"prefix": count}
            if count < len(order) and order[count].kind == "write":
                for part, how in first_parts(contents[order[count].file], order[count], options):
                    torn = contents | {order[count].file: part}
                    yield disk(crash, names.items(), torn), {"prefix": count, "and of the next": how}
        if count < len(order):
            apply_running(contents, order[count])
            names.update(order[count].binds)


def first_parts(content, write, options):
    """What a write leaves that ended between two of its sectors, or inside of one."""
    for number, (start, end) in enumerate(sectors(write, options.sector)):
        yield content, f"{number} sectors"
        if options.torn_sectors:
            front, _ = halves(start, end, options.sector)
            yield with_part(content, write, *front), f"{number} sectors and the first half of another"
        if options.garbage:
            noisy = with_noise(content, start, options.sector)
            yield cut(noisy, max(len(content), end)), f"{number} sectors and one of noise"
        content = with_part(content, write, start, end)


def combined(trace, crash, order, options, model, limit):
    """Bytes, sizes and names in any combination."""
    files = possible_files(trace, crash, order, options)
    for names, kept in possible_names(trace, crash, order, model).items():
        shown = sorted({file for _, file in seen(names)[0]})
        choices = [list(files[file].items()) for file in shown]
        count = 1
        for choice in choices:
            count *= len(choice)
        if limit and count > limit:
            raise TooManyDisks
        for chosen in itertools.product(*choices):
            contents = {file: content for file, (content, _) in zip(shown, chosen)}
            yield disk(crash, names, contents), {"names": kept, "bytes": {file: how for file, (_, how) in zip(shown, chosen)}}


def disks(trace, model, options, limit=None):
    """All disks, each with one arrangement that leads to it."""
    found = {}
    for point in range(len(trace.operations) + 1):
        crash = Crash(trace, point)
        orders = set()
        for order in arrangements(crash.issued):
            if model in ("journaled", "posix"):
                order = [operation for operation in order if operation.binds or operation.kind in ("write", "resize")]
            if tuple(order) in orders:
                continue
            orders.add(tuple(order))
            if model == "cached":
                states = cached(trace, crash, order, options)
            elif model == "ordered":
                states = ordered(trace, crash, order, options)
            else:
                states = combined(trace, crash, order, options, model, limit)
            for state, how in states:
                if state not in found:
                    found[state] = dict(how, point=point, order=[operation.index for operation in order])
                    if limit and len(found) > limit:
                        raise TooManyDisks
    return found


# ---- What --disks prints

hashes = {}


def as_printed(state):
    """A disk as it is compared: acknowledgements, (path, size, hash) of each file, folders."""
    acknowledged, files, folders = state
    for _, content in files:
        if content not in hashes:
            hashes[content] = blake3(content)
    return acknowledged, tuple((path, len(content), hashes[content]) for path, content in files), folders


def line_of(printed):
    acknowledged, files, folders = printed
    line = {"acknowledged": acknowledged, "files": {path: {"blake3": digest, "size": size} for path, size, digest in files}}
    if folders:
        line["folders"] = list(folders)
    return json.dumps(line, sort_keys=True, separators=(",", ":"))


def printed_of(line):
    value = json.loads(line)
    files = tuple((path, file["size"], file["blake3"]) for path, file in sorted(value["files"].items()))
    return value["acknowledged"], files, tuple(sorted(value.get("folders", [])))


INITIAL = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
MIXED = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def compress(chaining, words, counter, length, flags):
    v = chaining + INITIAL[:4] + [counter, 0, length, flags]
    for _ in range(7):
        for place, (a, b, c, d) in enumerate(MIXED):
            for word, first, second in ((words[2 * place], 16, 12), (words[2 * place + 1], 8, 7)):
                v[a] = v[a] + v[b] + word & 0xFFFFFFFF
                x = v[d] ^ v[a]
                v[d] = (x >> first | x << 32 - first) & 0xFFFFFFFF
                v[c] = v[c] + v[d] & 0xFFFFFFFF
                x = v[b] ^ v[c]
                v[b] = (x >> second | x << 32 - second) & 0xFFFFFFFF
        words = [words[place] for place in PERMUTATION]
    return [v[place] ^ v[place + 8] for place in range(8)]


def blake3(content):
    """BLAKE3 in its plain mode, as its paper describes it; files here are of few kilobytes."""
    def chunk(start, end, flags):
        chaining = INITIAL
        blocks = range(start, max(end, start + 1), 64)
        for block in blocks:
            data = content[block:min(block + 64, end)]
            words = [int.from_bytes(data.ljust(64, b"\0")[place:place + 4], "little") for place in range(0, 64, 4)]
            last = block == blocks[-1]
            marks = (1 if block == start else 0) | (2 | flags if last else 0)
            chaining = compress(chaining, words, start // 1024, len(data), marks)
        return chaining

    def tree(start, end, flags):
        if end - start <= 1024:
            return chunk(start, end, flags)
        left = 1024
        while left * 2 < end - start:
            left *= 2
        return compress(INITIAL, tree(start, start + left, 0) + tree(start + left, end, 0), 0, 64, 4 | flags)

    return b"".join(word.to_bytes(4, "little") for word in tree(0, len(content), 8)).hex()


# ---- Random traces

class Writer:
    """Makes a small random trace: whatever it does is possible on the running system."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tree = Tree()
        self.lines = []
        self.files = 0
        # The folders that names were last changed in.
        self.changed = []
        # What most of the operations are about, so that they meet.
        self.about = self.random.choice(["bytes", "names", "failures", "folders", "all"])

    def trace(self):
        for name in ["d", "e"][:self.random.choice([0, 0, 1, 1, 2])]:
            self.base({"op": "base-folder", "path": name}, self.tree.new_folder())
        for _ in range(1 if self.about in ("bytes", "failures") else self.random.choice([0, 1, 1, 2, 2, 3])):
            path = self.free_path()
            if path:
                content = self.some_bytes("base", self.random.choice([0, 3, 300, 505, 512, 700, 1030]))
                self.base({"op": "base", "path": path, "file": self.files, "bytes": content}, ("file", self.files))
                self.files += 1
        count = self.random.choice([3, 4, 5, 5, 6, 6, 6, 6])
        operations = []
        while len(operations) < count:
            for line in self.next(operations):
                changes = self.tree.changes(line)
                self.tree.names.update(changes)
                operations.append(line)
                if changes:
                    self.changed = [os.path.dirname(line[end]) or "." for end in ("path", "to") if end in line]
        self.overlap(operations[:count])
        return [{"type": "write-trace", "version": 2}] + self.lines + operations[:count]

    def next(self, operations):
        """What is durable shows only where something was acknowledged since: without, an earlier crash leaves the same disks. A
        sync that failed is tried again."""
        last = operations[-1]["op"] if operations else None
        if last in ("sync", "sync-write", "sync-folder", "sync-all") and self.random.random() < 0.6:
            return self.acknowledge(len(operations))
        if last == "failed-sync" and self.random.random() < 0.5:
            return [{"op": "sync", "file": operations[-1]["file"]}]
        return self.operation(len(operations))

    def base(self, line, bound):
        self.tree.names[self.tree.name(line["path"])] = bound
        self.lines.append(line)

    def overlap(self, operations):
        """Lets some return after others were issued. A write that syncs itself is one call, and returns as one."""
        if self.random.random() < 0.5:
            return
        for index, line in enumerate(operations):
            if self.random.random() < 0.4 and line["op"] not in ("acknowledge", "output") and "returned" not in line:
                synced = index + 1 if operations[index + 1:] and operations[index + 1].get("of") == index else index
                returned = min(len(operations), synced + 1 + self.random.randint(1, 3))
                for place in range(index, synced + 1):
                    if returned > place + 1:
                        operations[place]["returned"] = returned

    def some_bytes(self, mark, count):
        letter = {"base": "b"}.get(mark, str(mark))
        return base64.b64encode((letter * count).encode()).decode()

    # What is there to be worked on.

    def paths(self, kind):
        _, folders = seen(self.tree.names.items())
        if kind == "folder":
            return list(folders)
        return [path for path, _ in seen(self.tree.names.items())[0]]

    def free_path(self):
        taken = self.paths("file") + self.paths("folder")
        free = [prefix + name for prefix in [""] + [path + "/" for path in self.paths("folder")] for name in "abc"]
        free = [path for path in free if path not in taken and path.count("/") < 3]
        return self.random.choice(free) if free else None

    def file(self):
        return self.random.randrange(self.files) if self.files else None

    def is_empty(self, path):
        return not any(bound and name[0] == self.tree.look_up(path) for name, bound in self.tree.names.items())

    # One operation (or two, where a write is synced as it is made) that is possible now; none where the drawn one is not.

    def operation(self, index):
        kinds = {
            "write": 9, "resize": 2, "sync": 3, "failed-sync": 2, "sync-write": 2, "sync-folder": 3, "sync-all": 1, "create": 3,
            "rename": 6, "exchange": 2, "link": 2, "remove": 3, "make-folder": 3, "remove-folder": 1, "rename-folder": 3,
            "acknowledge": 2, "output": 1,
        }
        favoured = {
            "bytes": ["write", "resize", "sync", "sync-write"],
            "names": ["sync-folder", "create", "rename", "exchange", "link", "remove", "make-folder", "remove-folder", "rename-folder"],
            "failures": ["write", "failed-sync", "failed-sync", "sync"],
            "folders": ["make-folder", "rename-folder", "rename", "exchange", "sync-folder", "sync-folder"],
            "all": [],
        }[self.about]
        weights = [weight * (1 + 5 * favoured.count(kind)) for kind, weight in kinds.items()]
        kind = self.random.choices(list(kinds), weights)[0]
        return getattr(self, kind.replace("-", "_"))(index)

    def write(self, index):
        if self.file() is None:
            return []
        offset = max(0, 512 * self.random.choice([0, 0, 1, 1, 2]) + self.random.randint(-12, 12))
        count = self.random.choice([0, 1, 5, 14, 25, 40, 300, 512, 560])
        return [{"op": "write", "file": self.file(), "offset": offset, "bytes": self.some_bytes(index, count)}]

    def sync_write(self, index):
        return [line for write in self.write(index) for line in (write, {"op": "sync-write", "of": index})]

    def resize(self, index):
        size = self.random.choice([0, 0, 7, 256, 500, 512, 530, 1024, 1100])
        return [{"op": "resize", "file": self.file(), "size": size}] if self.files else []

    def sync(self, index):
        return [{"op": "sync", "file": self.file()}] if self.files else []

    def failed_sync(self, index):
        return [{"op": "failed-sync", "file": self.file()}] if self.files else []

    def sync_folder(self, index):
        changed = [path for path in self.changed if path in self.paths("folder") + ["."]]
        return [{"op": "sync-folder", "path": self.random.choice(["."] + self.paths("folder") + 4 * changed)}]

    def sync_all(self, index):
        return [{"op": "sync-all"}]

    def create(self, index):
        path = self.free_path()
        if path is None or self.files == 3:
            return []
        self.files += 1
        return [{"op": "create", "path": path, "file": self.files - 1}]

    def rename(self, index):
        files = self.paths("file")
        to = self.random.choice([self.free_path()] + files)
        path = self.random.choice(files) if files else None
        # Renaming a name onto another of the same file does nothing, and is in no trace.
        if not path or not to or self.tree.look_up(path) == self.tree.look_up(to):
            return []
        return [{"op": "rename", "path": path, "to": to}]

    def exchange(self, index):
        paths = self.paths("file") + self.paths("folder")
        if len(paths) < 2:
            return []
        path, to = self.random.sample(paths, 2)
        if path.startswith(to + "/") or to.startswith(path + "/") or self.tree.look_up(path) == self.tree.look_up(to):
            return []
        return [{"op": "exchange", "path": path, "to": to}]

    def link(self, index):
        to, files = self.free_path(), self.paths("file")
        return [{"op": "link", "path": self.random.choice(files), "to": to}] if to and files else []

    def remove(self, index):
        files = self.paths("file")
        return [{"op": "remove", "path": self.random.choice(files)}] if files else []

    def make_folder(self, index):
        path = self.free_path()
        return [{"op": "make-folder", "path": path}] if path and len(self.paths("folder")) < 2 else []

    def remove_folder(self, index):
        empty = [path for path in self.paths("folder") if self.is_empty(path)]
        return [{"op": "remove-folder", "path": self.random.choice(empty)}] if empty else []

    def rename_folder(self, index):
        folders = self.paths("folder")
        if not folders:
            return []
        path = self.random.choice(folders)
        to = self.random.choice([self.free_path()] + [folder for folder in folders if self.is_empty(folder)])
        if not to or to == path or to.startswith(path + "/") or path.startswith(to + "/"):
            return []
        return [{"op": "rename", "path": path, "to": to}]

    def acknowledge(self, index):
        return [{"op": "acknowledge", "text": f"saved {index}"}]

    def output(self, index):
        return [{"op": "output", "text": f"line {index}"}]


def random_case(seed):
    """A trace and options whose disks are few enough to be enumerated, the same for the same seed."""
    for attempt in itertools.count():
        writer = Writer(f"{seed}/{attempt}")
        lines = writer.trace()
        options = Options(
            sector=writer.random.choice([512] * 9 + [4096]),
            torn_sectors=writer.random.random() < 0.25, garbage=writer.random.random() < 0.25)
        try:
            disks(Trace(lines), "posix", options, LIMIT)
        except (TooManyDisks, FolderInItself):
            continue
        return lines, options


LIMIT = 10_000


def text_of(lines):
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


# ---- Comparing

def flags(model, options):
    words = ["--model", model, "--sector", str(options.sector)]
    return words + ["--torn-sectors"] * options.torn_sectors + ["--garbage"] * options.garbage


def disks_printed(crashlab, paths, model, options):
    """What the explorer prints of each trace."""
    # The largest bound, and a complaint where even that leaves something out.
    command = [crashlab, "explore", *paths, "--disks", "--bound", "10000000", *flags(model, options)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0 or run.stderr:
        raise SystemExit(f"{' '.join(command)}\nended with {run.returncode}: {run.stderr.strip()[:2000]}")
    found = {path: set() for path in paths}
    path = paths[0]
    for line in run.stdout.splitlines():
        if line.startswith('{"trace":'):
            path = json.loads(line)["trace"]
        else:
            found[path].add(printed_of(line))
    return found


def explained(lines, model, options, here, there):
    """The first difference of two sets of disks, as a person can follow it; here and there map disks to how they came about."""
    only_here = sorted(set(here) - there)
    only_there = sorted(there - set(here))
    if not only_here and not only_there:
        return None
    text = [f"{' '.join(flags(model, options))}: {len(here)} disks by the enumeration, {len(there)} by the explorer"]
    places = {(acknowledged, folders, tuple(path for path, _, _ in files)) for acknowledged, files, folders in here}
    contents = {(size, digest) for _, files, _ in here for _, size, digest in files}
    text += ["  " + line for line in text_of(lines).splitlines()]
    if only_here:
        text.append(f"{len(only_here)} only by the enumeration, such as {line_of(only_here[0])}")
        text.append(f"  which comes about so: {json.dumps(here[only_here[0]])}")
    if only_there:
        acknowledged, files, folders = only_there[0]
        text.append(f"{len(only_there)} only by the explorer, such as {line_of(only_there[0])}")
        known = (acknowledged, folders, tuple(path for path, _, _ in files)) in places
        text.append(f"  {'these' if known else 'no such'} names with so many acknowledgements are in the enumeration")
        text += [f"  no file there has {path}'s bytes" for path, size, digest in files if (size, digest) not in contents]
    return "\n".join(text)


def enumerated(trace, model, options):
    return {as_printed(state): how for state, how in disks(trace, model, options).items()}


def compare(crashlab, cases, model):
    """Cases are (path, lines, options); prints differences and tells how many there are, and of how many disks."""
    wrong = total = 0
    groups = {}
    for case in cases:
        groups.setdefault(tuple(flags(model, case[2])), []).append(case)
    for group in groups.values():
        there = disks_printed(crashlab, [path for path, _, _ in group], model, group[0][2])
        for path, lines, options in group:
            here = enumerated(Trace(lines), model, options)
            total += len(here)
            difference = explained(lines, model, options, here, there[path])
            if difference:
                wrong += 1
                print(f"{path}\n{difference}\n", flush=True)
    return wrong, total


def campaign(crashlab, count, first):
    wrong = 0
    totals = dict.fromkeys(MODELS, 0)
    with tempfile.TemporaryDirectory() as folder:
        for start in range(first, first + count, 100):
            cases = []
            for seed in range(start, min(start + 100, first + count)):
                lines, options = random_case(seed)
                path = os.path.join(folder, f"{seed}.jsonl")
                with open(path, "w") as file:
                    file.write(text_of(lines))
                cases.append((path, lines, options))
            for model in MODELS:
                differing, disks_seen = compare(crashlab, cases, model)
                wrong += differing
                totals[model] += disks_seen
            hashes.clear()
    print(f"{count} traces from seed {first}: " + ", ".join(f"{totals[model]:,} disks in {model}" for model in MODELS)
          + f"; {wrong or 'no'} comparison{'' if wrong == 1 else 's'} differ")
    return wrong


def write_fixtures(folder):
    """The disks of each trace in a folder, and of some random ones, beside it: a line of model and options, then their disks."""
    for seed in range(1, 70):
        lines, _ = random_case(seed)
        if len(lines) > 7 and 10 <= len(disks(Trace(lines), "posix", Options(torn_sectors=True, garbage=True))) <= 40:
            with open(os.path.join(folder, f"random-{seed}.jsonl"), "w") as file:
                file.write(text_of(lines))
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jsonl"):
            continue
        trace = Trace.read(os.path.join(folder, name))
        with open(os.path.join(folder, name.removesuffix(".jsonl") + ".disks"), "w") as file:
            for model, options in [(model, Options()) for model in MODELS] + [("posix", Options(torn_sectors=True, garbage=True))]:
                file.write(" ".join(flags(model, options)) + "\n")
                file.writelines(line_of(state) + "\n" for state in sorted(enumerated(trace, model, options)))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("command", choices=["disks", "random", "compare", "campaign", "fixtures"])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--model", choices=MODELS, default="posix")
    parser.add_argument("--sector", type=int, default=512)
    parser.add_argument("--torn-sectors", action="store_true")
    parser.add_argument("--garbage", action="store_true")
    given = parser.parse_args()
    options = Options(given.sector, given.torn_sectors, given.garbage)
    words = given.words
    if given.command == "disks":
        for state in sorted(enumerated(Trace.read(words[0]), given.model, options)):
            print(line_of(state))
    elif given.command == "random":
        lines, options = random_case(int(words[0]))
        print(text_of(lines), end="")
        print(" ".join(flags(given.model, options)), file=sys.stderr)
    elif given.command == "compare":
        cases = []
        for path in words[1:]:
            with open(path) as file:
                cases.append((path, [json.loads(line) for line in file if line.strip()], options))
        sys.exit(1 if compare(words[0], cases, given.model)[0] else 0)
    elif given.command == "campaign":
        count, first = (list(map(int, words[1:])) + [2_000, 1][len(words) - 1:])[:2]
        sys.exit(1 if campaign(words[0], count, first) else 0)
    else:
        write_fixtures(words[0])


if __name__ == "__main__":
    main()
