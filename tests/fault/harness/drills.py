"""Faults aimed at one promise each: orders of flushes, claims that went to another host, names that
are taken at the last moment, files that kill every worker, writes that a disk loses."""
import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from order import CALLS, Order
from receivers import rude_receivers
from world import send, wait_for

CRASHES = 3  # a file that ended its worker so often is set aside


def durable_order(world, random):
    """Nothing disturbs it; the order of writes, flushes and renames is looked at."""
    del random
    trace = world.folder / "trace"
    world.start(["strace", "-f", "-y", "--seccomp-bpf", "-qq", "-o", trace, "-e", "trace=" + ",".join(CALLS)])
    if not world.wait_settled() or world.stop() != 0:
        raise AssertionError(f"undisturbed uploads did not settle: {world.log_text()}")
    world.broken += Order(world.library).read(trace.read_text(errors="replace"))
    return "a calm run below strace"


def take_over(world, hold_ms):
    """Another host claims what is leased, as if the lease had run out: id -> (fence, lease)."""
    connection = sqlite3.connect(world.sqlite(), timeout=0.2, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    now = int(time.time() * 1000)
    taken = {}
    found = connection.execute("SELECT id, fence, run_id, attempt FROM job WHERE state = 'leased' "
                               "AND kind <> 'publish'").fetchall()
    for job, fence, run, attempt in found:
        connection.execute("UPDATE attempt SET ended_ms = ?, outcome = 'lost' WHERE job_id = ? AND fence = ?",
                           (now, job, fence))
        connection.execute("UPDATE job SET fence = fence + 1, attempt = attempt + 1, owner = 'another host', "
                           "lease_until_ms = ? WHERE id = ?", (now + hold_ms, job))
        connection.execute("INSERT INTO attempt VALUES (?, ?, ?, ?, ?, 0, '', '', '', '')",
                           (job, fence + 1, run, attempt + 1, now))
        taken[job] = (fence + 1, now + hold_ms)
    connection.execute("COMMIT")
    connection.close()
    return taken


def claim_taken_over(world, random):
    """Its jobs go to another host while filmgated or its worker stands still; it goes on too late."""
    world.start()
    chosen = random.choice(["inspect", "probe", "rendition", "rendition"])
    claimed = "SELECT id FROM job WHERE state = 'leased' AND kind = ?"
    if not wait_for(lambda: world.look(claimed, chosen) and world.workers(), 20):
        return None
    workers = world.workers()
    daemon = random.random() < 0.6
    held = [world.daemon_pid()] if daemon else workers
    if not daemon:
        wait_for(lambda: not any(alive(pid) for pid in held), random.uniform(0, 0.1))
    for pid in held:
        send(pid, signal.SIGSTOP)
    if daemon:  # the workers get done meanwhile; what they say waits to be read
        wait_for(lambda: not any(alive(pid) for pid in workers), 4)
    try:
        taken = take_over(world, 1500)
    except sqlite3.OperationalError:  # it stands still within a transaction: nobody else can claim
        for pid in held:
            send(pid, signal.SIGCONT)
        world.kill()
        return None
    for pid in held:
        send(pid, signal.SIGCONT)
    if not taken:
        return None
    ends = min(until for _, until in taken.values()) - 50

    def changed():
        present = {row["id"]: row for row in
                   world.look("SELECT id, state, owner, fence, lease_until_ms FROM job")}
        if time.time() * 1000 > ends:
            return None
        for job, (fence, until) in taken.items():
            row = present.get(job)
            if row and (row["state"], row["fence"], row["lease_until_ms"]) != ("leased", fence, until):
                return (f"job {job} was claimed by another host under fence {fence}, and its old host "
                        f"changed it to {dict(row)}")
        return None
    broken = wait_for(changed, ends / 1000 - time.time())
    if broken:
        world.broken.append(broken)
    return f"{len(world.look(claimed, chosen))} claims of {chosen} went to another host"


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def name_is_taken(world, random):
    """Somebody puts a file where a source is about to go, between the look and the rename."""
    del random
    world.drop(world.noise, "taken.mp4", "rejected")
    world.start(["strace", "-f", "--seccomp-bpf", "-qq", "-o", world.folder / "trace", "-e", "trace=renameat2",
                 "-e", "inject=renameat2:delay_enter=250000"])

    def ended():
        for row in world.look("SELECT moves FROM asset WHERE moves IS NOT NULL"):
            for move in json.loads(row["moves"]):
                target = move.get("to", "")
                if move.get("inode") and target.startswith("rejected/") and target not in world.strangers:
                    occupy(world, target)
        for row in world.look("SELECT staged FROM job WHERE kind = 'publish' AND state = 'leased'"):
            target = json.loads(row["staged"] or "{}").get("to", "")
            if target and target not in world.strangers:
                occupy(world, target, folder=True)
        return world.settled() or not world.running()
    wait_for(ended, 60)
    world.kill()
    return f"names that were taken: {sorted(world.strangers)}" if world.strangers else None


def occupy(world, target, folder=False):
    """At most one stranger for each kind: the next name has to do."""
    if any((data is None) == folder for data in world.strangers.values()):
        return
    path = world.library / target
    try:
        if folder:
            path.mkdir()
            world.strangers[target] = None
        else:
            with open(path, "xb") as file:
                file.write(b"a stranger's file")
            world.strangers[target] = b"a stranger's file"
    except OSError:
        pass  # it was there first


def deadly_file(world, random):
    """Whatever works on an upload dies: it is set aside soon, and not tried for ever."""
    world.gives_up = True
    world.start()
    if not wait_for(lambda: world.address() is not None, 20):  # its own questions need a worker, too
        raise AssertionError(f"filmgated does not listen: {world.log_text()}")
    world.go_on(random.uniform(0, 0.3))
    killed = set()

    def aside():
        for pid in world.workers():
            send(pid, signal.SIGKILL)
            killed.add(pid)
        states = {row["state"] for row in world.look("SELECT state FROM asset")}
        return states and states <= {"unable_to_process", "processed", "rejected"}
    if not wait_for(aside, 30):
        raise AssertionError(f"after {len(killed)} workers were killed it still goes on")
    return f"SIGKILL of {len(killed)} workers, of each that was there"


def lost_write(world, random):
    """A disk that says it wrote the length of the pictures into a rendition and did not."""
    world.start(["strace", "-f", "--seccomp-bpf", "-qq", "-o", world.folder / "trace", "-e", "trace=writev",
                 "-e", "inject=writev:retval=16:when=2"])
    wait_for(lambda: world.settled() or not world.running(), random.uniform(2, 3))
    world.kill()
    done = "(INJECTED)" in (world.folder / "trace").read_text(errors="replace")
    return "a write that was lost, in each rendition" if done else None


def second_daemon(world, random):
    """Another filmgated on the same library has to go away by itself."""
    world.start()
    if not wait_for(lambda: world.address() is not None, 20):
        raise AssertionError(f"filmgated does not listen: {world.log_text()}")
    world.go_on(random.uniform(0, 1))
    with open(world.folder / "second", "wb") as log:
        second = subprocess.Popen(world.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  env=world.environment())
    try:
        code = second.wait(10)
    except subprocess.TimeoutExpired:
        code = None
        second.kill()
        second.wait()
    if code in (None, 0):
        world.broken.append(f"a second filmgated on the same library was not refused (it ended with {code})")
    return "a second filmgated on the same library"


def burst_of_names(world, random):
    """Uploads are renamed to and fro, and files that are no uploads come and go, faster than anybody
    could follow: whoever watches the folder is told too much, twice and in any order."""
    world.start()
    uploads = world.library / "uploads"
    for path in sorted(uploads.glob("*.mp4")):
        for _ in range(random.randint(5, 40)):
            aside = path.with_name("." + path.name + ".part")
            try:
                path.rename(aside)
                aside.rename(path)
            except FileNotFoundError:
                break  # it was taken in meanwhile
    count = random.choice([500, 2000, 20000])
    for number in range(count):
        path = uploads / f".passing{number}.part"
        path.touch()
        os.unlink(path)
    world.kill()
    return f"uploads renamed to and fro among {count} files that come and go, then SIGKILL"


NAMES = 100_000


def inotify_overflows(world, random):
    """More names appear in uploads/ than the kernel keeps for who watches it, while filmgated stands
    still; what it is told of an upload that comes last is thrown away."""
    if int(Path("/proc/sys/fs/inotify/max_queued_events").read_text(encoding="ascii")) > NAMES:
        return None
    world.start()
    if not wait_for(lambda: world.address() is not None, 20):
        raise AssertionError(f"filmgated does not listen: {world.log_text()}")
    stay = random.random() < 0.5
    names = [str(world.library / f"uploads/.passing{number}.part") for number in range(NAMES)]
    daemon = world.daemon_pid()
    send(daemon, signal.SIGSTOP)
    for name in names:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
        if not stay:
            os.unlink(name)
    world.drop(world.spare, "late.mp4")
    send(daemon, signal.SIGCONT)
    if not wait_for(lambda: world.look("SELECT id FROM asset WHERE name = 'late.mp4'"), 10):
        world.broken.append("an upload that came among many names was not taken in within 10 s")
    if stay:
        for name in names:
            os.unlink(name)
    world.kill()
    return f"{NAMES} names that {'stay' if stay else 'come and go'} while filmgated stands still, then SIGKILL"


FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def clock_jumps(world, random):
    """The clock of the day is set while filmgated works: far ahead and back."""
    offset = 0
    world.clock_was_set = True
    setting = world.folder / "clock"

    def set_clock():
        new = setting.with_suffix(".new")
        new.write_text(f"{offset:+d}\n")
        new.rename(setting)
    set_clock()
    world.variables |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(setting), "FAKETIME_NO_CACHE": "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
    world.start()
    jumps = []
    for _ in range(random.randint(1, 5)):
        if wait_for(lambda: world.settled() or not world.running(), random.uniform(0, 0.6)):
            break
        jump = random.choice([-7200, -5, 10, 3600, 20 * 86400])
        offset += jump
        set_clock()
        jumps.append(f"{jump:+d} s")
    if not wait_for(world.settled, 45):
        world.broken.append("it did not settle though the clock only jumped " + ", ".join(jumps))
    world.kill()
    del world.variables["LD_PRELOAD"]
    return "the clock jumped " + ", ".join(jumps) if jumps else None


DRILLS = {
    "durable-order": durable_order,
    "claim-taken-over": claim_taken_over,
    "name-taken": name_is_taken,
    "deadly-file": deadly_file,
    "lost-write": lost_write,
    "second-daemon": second_daemon,
    "name-storm": burst_of_names,
    "inotify-overflow": inotify_overflows,
    "clock-jumps": clock_jumps,
    "rude-receivers": rude_receivers,
}
