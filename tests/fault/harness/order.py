"""Whether what was done is done in an order that a power cut can't harm, read from a strace of a calm
run (-f -y, calls of CALLS): what is published was flushed before, each promise before its deed."""
import re

CALLS = ["write", "writev", "pwrite64", "fsync", "fdatasync", "renameat2", "rename", "link", "unlink"]
DESCRIPTOR = re.compile(r"^\w+\(\d+<([^>]*)>")
NAMES = re.compile(r'"((?:[^"\\]|\\.)*)"')


def calls(text):
    """(call, its arguments as text) in the order of their effects: a flush counts from its end on,
    anything else from its beginning."""
    begun = {}
    for line in text.splitlines():
        thread, _, rest = line.partition(" ")
        rest = rest.strip()
        if rest.startswith("<..."):
            call = rest.split()[1]
            if call.endswith("sync") and rest.endswith("= 0"):
                yield call, begun.pop(thread, "")
            continue
        call = rest.partition("(")[0]
        if call not in CALLS:
            continue
        if rest.endswith("<unfinished ...>"):
            begun[thread] = rest
            if call.endswith("sync"):
                continue
        elif " = -1 " in rest or (call.endswith("sync") and not rest.endswith("= 0")):
            continue
        yield call, rest


class Order:
    def __init__(self, library):
        self.library = str(library)
        self.broken = []
        self.dirty = set()  # files that were written to since they were flushed
        self.flushed = set()  # files that were flushed at least once
        self.entries = set()  # folders whose names changed since they were flushed
        self.journal = False  # the database's journal has something that isn't flushed
        self.step = 0
        self.committed = 0  # the step of the last commit
        self.sealed = {}  # folder -> the step of its last flush
        self.published = {}  # folder -> the step at which it appeared
        self.moves = 0

    def say(self, sentence):
        self.broken.append("order: " + sentence.replace(self.library + "/", ""))

    def read(self, text):
        for call, rest in calls(text):
            self.step += 1
            found = DESCRIPTOR.match(rest)
            path = found.group(1) if found else ""
            names = [name for name in NAMES.findall(rest) if name.startswith(self.library)]
            if call in ("write", "writev", "pwrite64"):
                self.write(path)
            elif call in ("fsync", "fdatasync"):
                self.flush(path)
            elif call in ("rename", "renameat2") and len(names) == 2:
                self.rename(*names, "RENAME_NOREPLACE" in rest)
            elif call == "link" and len(names) == 2:
                self.link(*names)
            elif call == "unlink" and names and "/uploads/" in names[0] and self.journal:
                self.say(f"{names[0]} is removed before the row that says so is flushed")
        if self.moves == 0:
            self.say("nothing was published at all")
        return self.broken

    def write(self, path):
        if path.endswith("-wal"):
            left = [folder for folder in self.entries if "/.work" not in folder and "/.cache" not in folder]
            if left and not self.journal:
                self.say(f"a row is written while the names in {sorted(left)} are not flushed")
            self.journal = True
        elif path.startswith(self.library + "/") and "filmgate.db" not in path:
            self.dirty.add(path)

    def flush(self, path):
        if path.endswith("-wal"):
            self.journal = False
            self.committed = self.step
        self.dirty.discard(path)
        self.flushed.add(path)
        self.entries.discard(path)
        self.sealed[path] = self.step

    def link(self, old, new):
        if old in self.dirty or old not in self.flushed:
            self.say(f"{old} goes into a set before it is flushed")
        self.entries.add(folder_of(new))
        self.flushed.add(new)

    def rename(self, old, new, keeps):
        if old in self.dirty:
            self.say(f"{old} gets its final name before it is flushed")
        self.flushed.add(new)
        for folder in (folder_of(old), folder_of(new)):
            self.entries.add(folder)
        inside = new.removeprefix(self.library + "/").split("/")[0]
        if inside in (".work", ".cache") or old.endswith(".tmp"):
            return
        self.moves += 1
        if not keeps:
            self.say(f"{new} could take the place of another file")
        if self.journal:
            self.say(f"{old} moves before the row that promises it is flushed")
        if old.endswith("/set"):
            below = [folder for folder in self.entries if (folder + "/").startswith(old + "/")]
            if below:
                self.say(f"{new} is published before the names in {sorted(below)} are flushed")
            if self.committed < self.sealed.get(old, 0):
                self.say(f"{new} is published before a row says where it goes")
            self.published[new] = self.step
        for folder, step in self.published.items():
            if new.startswith(folder + "/") and self.committed < step:
                self.say(f"the source {old} moves before the row of {folder} is flushed")


def folder_of(path):
    return path.rpartition("/")[0]
