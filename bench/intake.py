#!/usr/bin/env python3
"""How fast filmgated takes files in, how soon a worker sees a frame, and what it costs to wait.

usage: bench/intake.py [--files N] [--runs N] [--idle SECONDS] [--out FOLDER]

- 10,000 files are moved into uploads/ at once, with each of the databases. Registered means:
  committed as assets, with event and first job. Counted from the move, less the time for which files
  have to be still.
- Clips of a single frame: the time from a job's claim until its worker has decoded the frame, as
  the stream of events tells it, and until the job's end.
- A daemon with nothing to do: its CPU time and its memory.
Writes intake.md and intake.svg.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from shared.databases import postgresql
from shared.side_by_side import TOP, bar_chart, machine

SETTLE = 0.5
DESCRIPTION = {
    "name": "bench",
    "accept": {"suffixes": [".mp4"], "sidecar": "optional", "settle": f"{int(SETTLE * 1000)}ms"},
    "renditions": [{"name": "96p", "height": 96, "video": "x264enc speed-preset=ultrafast",
                    "mux": "mp4mux"}],
    "retry": {"attempts": 1},
}


class Daemon:
    """filmgated on a library of its own; its workers are not children of ours to wait for."""

    def __init__(self, folder, build, url=None):
        self.library = folder / "library"
        (folder / "descriptions").mkdir(parents=True)
        (folder / "descriptions/bench.json").write_text(json.dumps(DESCRIPTION))
        (self.library / "uploads").mkdir(parents=True)
        environment = dict(os.environ, FILMGATE_LIBRARY_DESCRIPTIONS=str(folder / "descriptions"),
                           FILMGATE_LOG_LEVEL="error",
                           FILMGATE_STORE_URL=url or f"sqlite://{self.library}/filmgate.db")
        self.log = open(folder / "log", "wb")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.process = subprocess.Popen(
            [build / "bin/filmgated", "--root", self.library, "--listen", self.address],
            env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.wait(self.answers, 60, "filmgated to start")

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://{self.address}/healthz"):
                return True
        except urllib.error.URLError:
            return False

    def ask(self, query):
        database = sqlite3.connect(f"file:{self.library}/filmgate.db?mode=ro", uri=True)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def wait(self, done, limit, what, pause=0.005):
        end = time.monotonic() + limit
        while not done():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"gave up waiting for {what}: {self.log.name}")
            time.sleep(pause)

    def memory(self, kind):
        """MB: VmRSS now, VmHWM at most so far."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(kind):
                return int(line.split()[1]) / 1024
        raise SystemExit("filmgated has ended")

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def collect_first_pictures(self, into):
        """Milliseconds by stage, as they come."""
        stream = None

        def opened():
            nonlocal stream
            try:
                stream = urllib.request.urlopen(f"http://{self.address}/v1/events")
            except urllib.error.URLError:
                return False
            return True

        def read():
            for line in stream:
                if b"first_picture_ms" in line:
                    data = json.loads(line.partition(b":")[2])["data"]
                    into.setdefault(data["stage"], []).append(data["first_picture_ms"])

        self.wait(opened, 30, "the stream of events")
        threading.Thread(target=read, daemon=True).start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def drop(folder, build, count, server=None):
    """Files a second, and the most memory."""
    daemon = Daemon(folder, build, server and server.new_database("drop"))
    asking = server.session("drop") if server else contextlib.nullcontext(
        lambda query: daemon.ask(query)[0][0])
    try:
        waiting = daemon.library / "waiting"  # the same file system
        waiting.mkdir()
        for number in range(count):
            (waiting / f"clip-{number}.mp4").write_bytes(b"no video %d" % number * 100)
        time.sleep(SETTLE)  # they are still already; the daemon sees them only now
        with asking as ask:
            began = time.monotonic()
            waiting.rename(daemon.library / "uploads/batch")
            daemon.wait(lambda: int(ask("SELECT count(*) FROM asset")) == count, 120,
                        "all files to be registered", 0.02)
            took = time.monotonic() - began - SETTLE
        return count / took, daemon.memory("VmHWM")
    finally:
        daemon.stop()


def first_frames(folder, build, count):
    """Milliseconds from claim to the first decoded picture, and to the end, by kind of job."""
    daemon = Daemon(folder, build)
    pictures = {}
    try:
        daemon.collect_first_pictures(pictures)
        clip = folder / "clip.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
                        "-frames:v", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", clip], check=True)
        for number in range(count):
            # One after the other: what is asked is how long it takes, not how many at once.
            part = daemon.library / "uploads" / f".clip-{number}.part"
            shutil.copyfile(clip, part)
            part.rename(daemon.library / f"uploads/clip-{number}.mp4")
            daemon.wait(lambda made=number + 1: daemon.ask(
                "SELECT count(*) FROM asset WHERE state = 'processed'") == [(made,)], 60,
                "a clip of one frame to be published")
        took = {}
        for kind, milliseconds in daemon.ask(
                "SELECT job.kind, attempt.ended_ms - attempt.started_ms FROM attempt JOIN job"
                " ON job.id = attempt.job_id WHERE attempt.outcome = 'ok' ORDER BY job.id"):
            took.setdefault(kind, []).append(milliseconds)
        daemon.wait(lambda: all(len(pictures.get(stage, [])) == count
                                for stage in ("probe", "renditions")), 10, "what the workers told")
    finally:
        daemon.stop()
    found = {f"first picture, {stage}": pictures[stage] for stage in ("probe", "renditions")}
    found.update({f"end, {kind}": took[kind] for kind in ("inspect", "probe")})
    return {what: sorted(each) for what, each in found.items()}


def idle(folder, build, seconds):
    """Percent of one core, and the memory."""
    daemon = Daemon(folder, build)
    try:
        time.sleep(3)  # the first look at the library is over
        before, began = daemon.cpu(), time.monotonic()
        time.sleep(seconds)
        return (daemon.cpu() - before) / (time.monotonic() - began) * 100, daemon.memory("VmRSS")
    finally:
        daemon.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--idle", type=int, default=40)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    scratch = Path(tempfile.mkdtemp(prefix="filmgate-bench-"))
    try:
        drops = {"SQLite": drop(scratch / "drop", build, arguments.files)}
        with postgresql() as server:
            drops[server.version()] = drop(scratch / "drop-server", build, arguments.files, server)
        frames = first_frames(scratch / "frames", build, arguments.runs)
        cpu, memory = idle(scratch / "idle", build, arguments.idle)
    finally:
        shutil.rmtree(scratch)
    lines = ["# Taking in, starting, waiting", "",
             f"On {machine()}, fsync at each commit; where no database is named it is SQLite.", "",
             "| | |", "|---|---|"]
    for database, (rate, most) in drops.items():
        lines += [f"| {arguments.files:,} files dropped at once, {database}: registered "
                  f"| {rate:.0f} a second |",
                  f"| the daemon's memory meanwhile, at most | {most:.0f} MB |"]
    for kind, took in frames.items():
        lines.append(f"| a clip of one frame, claim to {kind}: median, slowest of "
                     f"{len(took)} | {statistics.median(took):.0f} ms, {took[-1]:.0f} ms |")
    lines += [f"| idle: CPU, of one core, over {arguments.idle} s | {cpu:.2f} % |",
              f"| idle: memory | {memory:.0f} MB |", "", "```", "script/bench intake", "```", ""]
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "intake.md").write_text("\n".join(lines))
    bar_chart(arguments.out / "intake.svg",
              [(f"Filmgate: claim to {kind}", statistics.median(took))
               for kind, took in frames.items()], "ms")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
