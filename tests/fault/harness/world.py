"""One library with a filmgated of its own: uploads go in, faults happen, it settles."""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent.parent
DESCRIPTION = {
    "name": "quick",
    "accept": {"suffixes": [".mp4"], "sidecar": "required", "settle": "50ms"},
    "gate": {"metadata.title": {"type": "string", "minLength": 1}},
    "renditions": [
        {"name": f"{height}p", "height": height, "video": "x264enc speed-preset=ultrafast threads=1",
         "audio": "avenc_aac", "mux": "mp4mux"} for height in (64, 48)],
    "thumbnails": {"poster": {}},
    "retry": {"attempts": 50, "backoff": ["100ms"]},
}
REVIEWED = DESCRIPTION | {
    "name": "reviewed",
    "accept": DESCRIPTION["accept"] | {"prefixes": ["reviewed/"], "settle": "300ms"},
    "approval": {"required": True, "reviewers": ["desk@example.org"]},
}
LEASE_SECONDS = 1.0
SETTLE_SECONDS = 60.0


def make_clips(folder):
    """Clips of one second, each with its own bytes, and two files that are no video at all."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = []
    for number in range(3):
        clip = folder / f"clip{number}.mp4"
        if not clip.exists():
            new = clip.with_suffix(".new.mp4")
            subprocess.run(
                ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=128x96:rate=10",
                 "-f", "lavfi", "-i", f"sine=frequency={300 + 100 * number}", "-t", "1",
                 "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
                 "-c:a", "aac", "-ac", "1", str(new)], check=True)
            new.rename(clip)
        clips.append(clip)
    noises = []
    for number in range(2):
        noises.append(folder / f"noise{number}.mp4")
        if not noises[-1].exists():
            noises[-1].write_bytes(bytes((7 * i * i + 13 + number) % 251 for i in range(20000)))
    return clips, *noises


def make_cache(folder, build):
    """What filmgated finds out about the worker's elements at its first start on a library, so that
    the rounds need not wait for it each time."""
    world = World(folder, build)
    world.start()
    if not wait_for(lambda: world.address() is not None or not world.running(), 60) or world.stop() != 0:
        raise RuntimeError(f"filmgated does not start: {world.log_text()}")
    return world.library / ".cache"


LIVE = set()  # worlds whose daemon may run; they end with the harness


class World:
    """A library in a folder of its own. `sources` is what was put in: name -> bytes."""

    def __init__(self, folder, build, cache=None, points=None, disk=None, server=None):
        self.folder = Path(folder)
        self.build = Path(build)
        self.library = self.folder / "library"
        self.database = None  # a folder of its own for the database, or None: in the library
        self.server = server  # of PostgreSQL, instead of SQLite
        self.database_url = server.url() if server else None
        self.disk = None  # where a small disk is mounted
        self.log = self.folder / "log"
        self.sources = {}
        self.expected = {}  # name of an upload -> the final state it has to reach
        self.gives_up = False  # the fault may hurt one file so often that it is set aside
        self.variables = {}  # of the daemon's environment, besides
        self.clock_was_set = False  # its times say nothing of what came first
        self.strangers = {}  # what somebody else put into the library: path -> bytes; None = a folder
        self.broken = []  # what a fault saw itself of broken promises
        self.daemon = None
        self.starts = 0
        self.points = points  # what faults.survey found
        (self.folder / "descriptions").mkdir(parents=True)
        for description in (DESCRIPTION, REVIEWED):
            (self.folder / f"descriptions/{description['name']}.json").write_text(json.dumps(description))
        if disk:
            self.mount(*disk)
        (self.library / "uploads").mkdir(parents=True)
        if cache:
            shutil.copytree(cache, self.library / ".cache")

    def mount(self, where, size):
        """A disk of a few megabytes for the library or the database."""
        self.disk = self.folder / where
        self.disk.mkdir()
        if where == "database":
            self.database = self.disk
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "filmgate-fault", self.disk], check=True)

    def close(self):
        if self.daemon is not None and self.running():
            self.kill()
        if self.disk:
            subprocess.run(["umount", "--lazy", self.disk], check=False)
        if self.server:
            self.server.close()
        LIVE.discard(self)

    # --- uploads
    def drop(self, clip, name, expected="processed"):
        """The metadata, then the video, whole at once, as a careful uploader does it."""
        self.expect(clip, name, expected)
        target = self.library / "uploads" / name
        part = target.with_name("." + target.name + ".part")
        shutil.copyfile(clip, part)
        part.rename(target)

    def drip(self, clip, name, pieces, pause):
        """The video written where it will lie, piece by piece; the longest pause that was made of it."""
        self.expect(clip, name, "processed")
        data, longest = self.sources[name], 0.0
        with open(self.library / "uploads" / name, "wb", buffering=0) as file:
            for number in range(pieces):
                begin = time.monotonic()
                file.write(data[len(data) * number // pieces: len(data) * (number + 1) // pieces])
                self.go_on(pause)
                longest = max(longest, time.monotonic() - begin)
        return longest

    def expect(self, clip, name, state):
        target = self.library / "uploads" / (name + ".json")
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps({"title": "Fault"}))
        self.sources[name] = Path(clip).read_bytes()
        self.expected[name] = state

    def sqlite(self):
        return (self.database or self.library) / "filmgate.db"

    def look(self, query, *arguments):
        """Rows of the database, which may be in use; none while it isn't there or busy."""
        try:
            if self.server:
                return self.server.rows(query, *arguments)
            connection = sqlite3.connect(f"file:{self.sqlite()}?mode=ro", uri=True, timeout=1)
            connection.row_factory = sqlite3.Row
            found = connection.execute(query, arguments).fetchall()
            connection.close()
            return found
        except (sqlite3.OperationalError, RuntimeError):
            return []

    # --- the daemon
    def environment(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FILMGATE_")}
        environment.update({
            "FILMGATE_LIBRARY_DESCRIPTIONS": str(self.folder / "descriptions"),
            "FILMGATE_LIBRARY_SCAN": "100ms",
            "FILMGATE_LIMITS_LEASE": f"{int(LEASE_SECONDS * 1000)}ms",
            "FILMGATE_LIMITS_RENEW": "300ms",
            "FILMGATE_PIPELINES": str(TOP / "pipelines"),
            "XDG_CACHE_HOME": str(self.build / "cache"),
        })
        if self.database_url:
            environment["FILMGATE_STORE_URL"] = self.database_url
        elif self.database:
            environment["FILMGATE_STORE_URL"] = f"sqlite://{self.sqlite()}"
        return environment | self.variables

    def command(self):
        return [str(self.build / "bin/filmgated"), "--root", str(self.library), "--listen", "127.0.0.1:0"]

    def start(self, before=()):
        """Starts filmgated, below `before` (strace and its options) when something is to be injected."""
        self.starts += 1
        with open(self.log, "ab") as log:
            log.write(f"--- start {self.starts}: {' '.join(map(str, before))}\n".encode())
            log.flush()
            self.daemon = subprocess.Popen(
                [*map(str, before), *self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment(), start_new_session=True)
        LIVE.add(self)

    def daemon_pid(self):
        """The process id of filmgated itself, which may run below strace; None when it is gone."""
        for pid in family(self.daemon.pid):
            if command_name(pid) == "filmgated":
                return pid
        return None

    def workers(self):
        return [pid for pid in family(self.daemon.pid) if command_name(pid) == "filmgate-worker"]

    def running(self):
        return self.daemon is not None and self.daemon.poll() is None

    def kill(self):
        """SIGKILL to filmgated and to what traces it. Its workers have to die by themselves."""
        pid = self.daemon_pid()
        if pid:
            send(pid, signal.SIGKILL)
        if self.daemon.poll() is None and (pid is None or pid != self.daemon.pid):
            try:
                self.daemon.wait(5)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
        self.daemon.wait()

    def stop(self, limit=30):
        """A clean stop; returns the exit code, or None when it had to be killed."""
        pid = self.daemon_pid()
        if pid:
            send(pid, signal.SIGTERM)
        try:
            return self.daemon.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def address(self):
        """http://127.0.0.1:PORT of the present start, once it listens."""
        present = self.log_text().rsplit("--- start", 1)[-1]
        found = re.search(r"console: (http://[0-9.:]+)", present)
        return found.group(1) if found else None

    def call(self, path, body=None):
        """One request; (status, JSON or None). Nobody there: (0, None)."""
        address = self.address()
        if address is None:
            return 0, None
        request = urllib.request.Request(address + path if path.startswith("/") else path)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        request.add_header("Accept", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
                kind = answer.headers.get("Content-Type", "")
                return answer.status, json.loads(text) if "json" in kind else None
        except urllib.error.HTTPError as error:
            error.read()
            return error.code, None
        except OSError as error:
            return 0, str(error)

    def asset(self, name):
        _, answer = self.call("/v1/assets?limit=50")
        for asset in (answer or {}).get("assets", []):
            if asset["name"] == name:
                return self.call("/v1/assets/" + asset["id"])[1]
        return None

    def redrive(self):
        """A person has what was set aside tried again; how many files that are."""
        _, answer = self.call("/v1/assets?limit=50")
        aside = [asset for asset in (answer or {}).get("assets", []) if asset["state"] == "unable_to_process"]
        for asset in aside:
            status, said = self.call(f"/v1/assets/{asset['id']}/retry", {})
            if status != 200:
                raise AssertionError(f"{asset['name']} can't be tried again: {status} {said}")
        return len(aside)

    # --- settling
    def settled(self):
        """Nothing waits in uploads/ or failed/, nothing is being made."""
        for folder in ("uploads", "failed", ".work"):
            if any(entry.is_file() for entry in walk(self.library / folder)):
                return False
        names = {entry.name for entry in walk(self.library) if entry.is_file()}
        return all(Path(name).name in names for name in self.sources)

    def wait_settled(self):
        """Restarts a daemon that ended by itself, as a service manager would."""
        return wait_for(lambda: self._up() and self.settled(), SETTLE_SECONDS)

    def go_on(self, seconds):
        """Lets it work for so long, unless it ends before."""
        wait_for(lambda: not self.running(), seconds)

    def _up(self):
        if not self.running():
            self.start()
        return True


def wait_for(condition, limit):
    """What the condition gives as soon as that is true, or what it gives when the limit is over."""
    end = time.monotonic() + limit
    while not (given := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return given


def walk(folder):
    """Everything below a folder; folders vanish while they are read."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        path = Path(entry.path)
        yield path
        if entry.is_dir(follow_symlinks=False):
            yield from walk(path)


def command_name(pid):
    try:
        return Path(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")).name
    except OSError:
        return ""


def family(pid):
    """A process and its descendants."""
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from family(int(child))
    except OSError:
        return


def is_stopped(pid):
    """Held by SIGSTOP (T); below a tracer that shows as t, for more than a moment."""
    def moves():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "Tt"
        except OSError:
            return True
    return not wait_for(moves, 0.06)


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
