"""The faults. Each takes a World with uploads in it and its daemon not yet started, and a random
generator; it returns a short sentence of what it did, or None when the moment it chose never came."""
import concurrent.futures
import shutil
import signal
import subprocess
import time
from collections import Counter

from drills import DRILLS, FAKETIME
from postgresql import POSTGRESQL_FAULTS, installed
from world import LEASE_SECONDS, is_stopped, send, wait_for


def kill_daemon_at_random(world, random):
    """SIGKILL of filmgated, one to four times, at any moment."""
    moments = []
    for _ in range(random.randint(1, 4)):
        world.start()
        moment = random.uniform(0, 1.8)
        if wait_for(lambda: world.settled() or not world.running(), moment) and not moments:
            return None
        world.kill()
        moments.append(f"{moment * 1000:.0f} ms")
    return "SIGKILL of filmgated after " + ", ".join(moments)


def kill_worker_at_random(world, random):
    """SIGKILL of whatever worker runs, some times."""
    world.gives_up = True
    world.start()
    killed = 0
    for _ in range(random.randint(1, 3)):
        if not wait_for(lambda: world.settled() or bool(world.workers()), 20):
            break
        world.go_on(random.uniform(0, 0.25))
        for pid in world.workers():
            send(pid, signal.SIGKILL)
            killed += 1
    return f"SIGKILL of {killed} workers" if killed else None


# The system calls through which a step becomes durable or visible. A strace that injects at the n-th
# of a thread is a named point of the way: before the third rename, at the fifth fsync…
CALLS = ["renameat2", "rename", "renameat", "linkat", "link", "fsync", "fdatasync", "unlink", "unlinkat", "mkdir",
         "mkdirat", "rmdir", "pwrite64", "write", "openat", "ftruncate"]


def survey(world):
    """Which thread makes how many of these calls while uploads go the whole way undisturbed:
    call -> the counts of its threads. It is what point() chooses from."""
    world.start(["strace", "-f", "--seccomp-bpf", "-qq", "-o", world.folder / "trace", "-e",
                 "trace=" + ",".join(CALLS)])
    if not world.wait_settled() or world.stop() != 0:
        raise RuntimeError(f"undisturbed uploads did not settle: {world.log_text()}")
    counts = {}
    for line in trace(world):
        thread, _, rest = line.partition(" ")
        call = rest.strip().partition("(")[0]
        if call in CALLS:
            threads = counts.setdefault(call, {})
            threads[thread] = threads.get(thread, 0) + 1
    return {call: sorted(threads.values()) for call, threads in counts.items()}


def point(world, random, names=CALLS):
    call = random.choice(sorted(set(names) & set(world.points)))
    most = random.choice(world.points[call])
    if most == max(world.points[call]):  # the engine's: as many as it has uploads, of three then
        most = max(1, most * len(world.sources) // 3)
    return call, random.randint(1, most)


def tracer(world, call, action, moment):
    # With --seccomp-bpf, which is faster, strace 6.1 forgets signals that are due at a later call than the first.
    fast = [] if action.startswith("signal=") else ["--seccomp-bpf"]
    return ["strace", "-f", *fast, "-qq", "-o", str(world.folder / "trace"), "-e", f"trace={call}",
            "-e", f"inject={call}:{action}:when={moment}"]


def trace(world):
    """What strace saw; it writes that out when it ends."""
    return (world.folder / "trace").read_text(errors="replace").splitlines()


def came_to(world, call, moment):
    """Whether a thread made its n-th call: that filmgated was killed in the end says nothing of it."""
    counts = Counter(line.partition(" ")[0] for line in trace(world)
                     if line.partition(" ")[2].strip().startswith(call + "("))
    return max(counts.values(), default=0) >= moment


def standing(world):
    """The processes that SIGSTOP holds."""
    return [pid for pid in [world.daemon_pid(), *world.workers()] if pid and is_stopped(pid)]


def kill_at_a_rename(world, random):
    """The same at the renames that publish a set or move a source."""
    return kill_at_a_call(world, random, ["renameat2"])


def kill_at_a_call(world, random, names=CALLS):
    """SIGKILL of the process (daemon or worker) that makes the n-th call of a kind, before it. Each
    process counts its own calls, so that it meets every worker until the daemon is killed as well."""
    call, moment = point(world, random, names)
    world.gives_up = True
    world.start(tracer(world, call, "signal=KILL", moment))
    wait_for(lambda: world.settled() or not world.running(), 15)
    world.kill()
    return f"SIGKILL at {call} number {moment}" if came_to(world, call, moment) else None


def error_at_a_call(world, random):
    """The n-th call of a kind fails, in the daemon and in each worker."""
    error = random.choice(["EIO", "ENOSPC"])
    call, moment = point(world, random)
    world.gives_up = True  # a file that every worker fails at is set aside after the third
    world.start(tracer(world, call, f"error={error}", moment))
    wait_for(lambda: world.settled() or not world.running(), random.uniform(2, 6))
    world.kill()
    return f"{error} from {call} number {moment}" if any("(INJECTED)" in line for line in trace(world)) else None


def stop_past_the_lease(world, random):
    """The process that makes the n-th call of a kind stands still until its lease is long over."""
    call, moment = point(world, random, ["renameat2", "rename", "linkat", "fsync", "fdatasync", "unlink", "pwrite64"])
    world.start(tracer(world, call, "signal=STOP", moment))
    held = 0
    for _ in range(3):
        if not wait_for(lambda: world.settled() or not world.running() or standing(world), 10):
            break
        pids = standing(world)
        if not pids:
            break
        world.go_on(LEASE_SECONDS * random.uniform(0.5, 2))
        for pid in pids:
            send(pid, signal.SIGCONT)
            held += 1
    wait_for(lambda: world.settled() or not world.running(), random.uniform(0, 3))
    world.kill()
    return f"SIGSTOP at {call} number {moment} and SIGCONT after the lease, {held} times" if held else None


def stop_cleanly(world, random):
    """SIGTERM at any moment: what runs is finished or handed back."""
    world.start()
    moment = random.uniform(0, 1.8)
    if wait_for(lambda: world.settled() or not world.running(), moment):
        return None
    listening = world.address() is not None
    code = world.stop()
    if code != 0 and (listening or code != -signal.SIGTERM):  # nothing runs yet before it listens
        raise AssertionError(f"filmgated ended with {code} after SIGTERM")
    return f"SIGTERM after {moment * 1000:.0f} ms"


def sidecar_races(world, random):
    """Sidecars come before, after and in pieces beside their videos, with a SIGKILL among them."""
    world.start()
    longest = 0.0
    for path in sorted((world.library / "uploads").glob("*.json")):
        text = path.read_text()
        path.unlink()
        world.go_on(random.uniform(0, 0.2))
        begin = time.monotonic()
        path.write_text(text[: len(text) // 2])
        world.go_on(random.uniform(0, 0.03))
        path.write_text(text)
        longest = max(longest, time.monotonic() - begin)
    world.kill()
    if longest > 0.045:  # the machine dawdled: half of it was still for as long as a whole file has to be
        return None
    return "sidecars written in pieces beside their videos, then SIGKILL"


def slow_upload(world, random):
    """A video that is written piece by piece, never still for as long as the description asks."""
    world.start()
    longest = world.drip(world.spare, "reviewed/slow.mp4", random.randint(5, 25), random.uniform(0.02, 0.08))
    if longest > 0.25:  # the machine dawdled: it was still for too long to be taken for unfinished
        return None
    return clicks(world, random, "reviewed/slow.mp4") and "a video written piece by piece, then approval"


def racing_clicks(world, random):
    """A mail scanner follows the link again and again, then many people decide at once."""
    world.drop(world.spare, "reviewed/desk.mp4")
    world.start()
    return clicks(world, random, "reviewed/desk.mp4")


def clicks(world, random, name):
    def waiting():
        asset = world.asset(name)
        return asset if asset and asset["state"] == "awaiting_approval" else None
    if not wait_for(waiting, 30):
        raise AssertionError(f"{name} never asked for approval: {world.asset(name)}")
    link = waiting()["approval"]["review_url"]
    for _ in range(5):
        if world.call(link)[0] != 200:
            raise AssertionError(f"the link of {name} does not open")
    if not waiting():
        raise AssertionError(f"looking at the link of {name} decided it")
    decisions = [random.choice(["approve", "reject"]) for _ in range(200)]
    with concurrent.futures.ThreadPoolExecutor(50) as people:
        said = list(people.map(lambda d: world.call(link, {"decision": d, "reason": "no"}), decisions))
    answers = [status for status, _ in said]
    counted = {d for d, status in zip(decisions, answers) if status == 200}
    if len(counted) != 1 or not set(answers) <= {200, 409}:
        raise AssertionError(f"of {len(answers)} clicks these counted: {counted}; answers "
                             f"{sorted(set(answers))} {sorted({text for status, text in said if status == 0})}")
    world.expected[name] = "processed" if counted == {"approve"} else "rejected"
    world.go_on(random.uniform(0, 0.6))
    world.kill()
    return f"200 clicks at once, {counted.pop()} counted, then SIGKILL"


def fill(folder):
    """Takes what is left of a disk; gives the file that took it."""
    ballast = folder / ".ballast"
    try:
        with open(ballast, "wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
    except OSError:
        pass
    return ballast


def full_disk(world, random, folder):
    """The disk is full for a while, at any moment; then somebody makes room."""
    world.start()
    held = 0
    for _ in range(random.randint(1, 3)):
        if wait_for(lambda: world.settled() or not world.running(), random.uniform(0, 1.2)):
            break
        ballast = fill(folder)
        world.go_on(random.uniform(0.2, 1.5))
        ballast.unlink()
        held += 1
    world.kill()
    return f"a full disk, {held} times, then SIGKILL" if held else None


def full_library(world, random):
    """The library's disk is full."""
    return full_disk(world, random, world.library)


def full_database(world, random):
    """The database's disk is full, the library's is not."""
    return full_disk(world, random, world.database)


FAULTS = {
    "kill-daemon": kill_daemon_at_random,
    "kill-worker": kill_worker_at_random,
    "kill-at-call": kill_at_a_call,
    "kill-at-rename": kill_at_a_rename,
    "error-at-call": error_at_a_call,
    "stop-past-lease": stop_past_the_lease,
    "clean-stop": stop_cleanly,
    "sidecar-race": sidecar_races,
    "slow-upload": slow_upload,
    "racing-clicks": racing_clicks,
    "full-library": full_library,
    "full-database": full_database,
} | DRILLS | POSTGRESQL_FAULTS
# Those that are now and then made on PostgreSQL; what looks at SQLite's file or its calls is not.
ON_BOTH = {"kill-daemon", "kill-worker", "clean-stop", "sidecar-race", "racing-clicks", "slow-upload",
           "rude-receivers", "name-storm", "lost-write", "second-daemon", "deadly-file"}
RARE = {"inotify-overflow": 0.05}  # what takes long is made in so many of the rounds that choose it
TRACED = ("kill-at-call", "kill-at-rename", "error-at-call", "stop-past-lease", "durable-order", "name-taken",
          "lost-write")
# Which fault needs a small disk of its own where, and how small.
DISKS = {"full-library": ("library", "24M"), "full-database": ("database", "4M")}


def missing(scratch):
    """What this machine can't do, as fault -> why."""
    why = {}
    if shutil.which("strace") is None:
        why |= {name: "strace is not installed" for name in TRACED}
    if subprocess.run(["mount", "-t", "tmpfs", "filmgate-fault", scratch], capture_output=True).returncode == 0:
        subprocess.run(["umount", scratch], check=True)
    else:
        why |= {name: "mounting a small disk needs root" for name in DISKS}
    if FAKETIME is None:
        why["clock-jumps"] = "libfaketime is not installed"
    if not installed():
        why |= {name: "PostgreSQL 15 is not installed" for name in POSTGRESQL_FAULTS}
    return why
