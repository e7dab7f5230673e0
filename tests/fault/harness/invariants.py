"""What must hold of a library and its database after any fault, checked without Filmgate's own code.

Only Python's sqlite3 and hashlib, psql and the ffmpeg program look at the outcome, so that a mistake in the
host's own idea of its state cannot hide itself. Beside them, `filmgate audit` has to agree.
"""
import hashlib
import json
import os
import sqlite3
import subprocess
from pathlib import Path

from drills import CRASHES
from world import walk

FINAL = {"processed", "rejected", "unable_to_process", "expired", "cancelled"}
PLACE = {"processed": "processed", "rejected": "rejected", "unable_to_process": "unable_to_process"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Checker:
    def __init__(self, world):
        self.world = world
        self.broken = []
        self.db = None
        if not world.server:
            self.db = sqlite3.connect(f"file:{world.sqlite()}?mode=ro", uri=True)
            self.db.row_factory = sqlite3.Row

    def say(self, sentence):
        self.broken.append(sentence)

    def rows(self, query, *arguments):
        if self.world.server:
            return self.world.server.rows(query, *arguments)
        return self.db.execute(query, arguments).fetchall()

    def check(self):
        assets = self.rows("SELECT * FROM asset ORDER BY id")
        self.sources_in_one_place(assets)
        self.processed_as_the_rows_say(assets)
        self.jobs_and_fences()
        self.history(assets)
        self.nothing_left_over(assets)
        self.strangers_untouched()
        self.audit(assets)
        if self.db:
            self.db.close()
        return self.broken

    def sources_in_one_place(self, assets):
        found = {}
        for path in walk(self.world.library):
            if path.is_file() and not path.name.startswith("filmgate.db"):
                found.setdefault(sha256(path.read_bytes()), []).append(path.relative_to(self.world.library))
        for name, data in self.world.sources.items():
            digest = sha256(data)
            places = found.get(digest, [])
            if len(places) != 1:
                self.say(f"the source {name} is in {len(places)} places: {list(map(str, places))}")
            mine = [a for a in assets if a["name"] == name]
            if len(mine) != 1:
                self.say(f"{name} has {len(mine)} assets: {[(a['id'], a['state']) for a in mine]}")
                continue
            asset = mine[0]
            if asset["state"] != self.world.expected[name]:
                self.say(f"{name} is {asset['state']} and not {self.world.expected[name]}: {asset['detail']}")
            elif len(places) == 1:
                if places[0].parts[0] != PLACE[asset["state"]]:
                    self.say(f"the source of {name} lies in {places[0]} though it is {asset['state']}")
                if asset["source_path"] != str(places[0]):
                    self.say(f"the row of {name} says {asset['source_path']}, but it lies in {places[0]}")
            if asset["moves"] is not None:
                self.say(f"{name} still has a promised move: {asset['moves']}")

    def strangers_untouched(self):
        for name, data in self.world.strangers.items():
            path = self.world.library / name
            if data is None and (not path.is_dir() or list(path.iterdir())):
                self.say(f"the empty folder {name} was somebody else's, and is no longer as it was")
            elif data is not None and (not path.is_file() or path.read_bytes() != data):
                self.say(f"the file {name} was somebody else's, and was overwritten")

    def processed_as_the_rows_say(self, assets):
        library = self.world.library
        folders = {asset["output_path"]: asset for asset in assets if asset["output_path"]}
        on_disk = {str(path.parent.relative_to(library)) for path in walk(library / "processed")
                   if path.name == "manifest.json"}
        for folder in sorted(on_disk - set(folders)):
            self.say(f"{folder} is published, but no row says so")
        for folder, asset in folders.items():
            if asset["state"] != "processed":
                self.say(f"{asset['name']} is {asset['state']} though it has the output {folder}")
            if folder not in on_disk:
                self.say(f"{asset['name']} should be in {folder}, which is not there")
                continue
            self.one_set(asset, library / folder)

    def one_set(self, asset, folder):
        outputs = self.rows("SELECT * FROM output WHERE asset_id = ? AND revision = ?",
                            asset["id"], asset["revision"])
        manifest = json.loads((folder / "manifest.json").read_text())
        listed = {entry["name"]: entry for entry in manifest["files"]}
        wanted = {"64p", "48p", "poster", "report"}
        if set(listed) != wanted:
            self.say(f"the manifest of {asset['name']} lists {sorted(listed)} and not {sorted(wanted)}")
        if {row["name"] for row in outputs} != set(listed) | {"manifest"}:
            self.say(f"the rows of {asset['name']} list {sorted(row['name'] for row in outputs)}")
        known = set()
        for row in outputs:
            path = self.world.library / row["path"]
            known.add(path)
            data = path.read_bytes() if path.is_file() else None
            if data is None:
                self.say(f"{row['path']} is in the rows, but not on disk")
            elif sha256(data) != row["sha256"] or len(data) != row["size"]:
                self.say(f"{row['path']} is not the file of its row")
            elif row["name"] in listed and listed[row["name"]]["sha256"] != row["sha256"]:
                self.say(f"{row['path']} has another hash in the manifest")
            elif row["media_type"].startswith("video/"):
                self.decodes(path)
        source = folder / manifest["source"]["path"]
        known.add(source)
        if source.is_file() and sha256(source.read_bytes()) != manifest["source"]["sha256"]:
            self.say(f"the manifest of {asset['name']} names another source than the one beside it")
        for path in walk(folder):
            if path.is_file() and path not in known and path.parent != source.parent:
                self.say(f"{path} is published, but no row knows it")

    def decodes(self, path):
        """Whole, without an error, and as many pictures as the source has."""
        run = subprocess.run(
            ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
             "stream=nb_read_frames", "-of", "csv=p=0", str(path)], capture_output=True, text=True)
        if run.returncode != 0 or run.stderr or run.stdout.strip() != "10":
            self.say(f"{path} does not decode to 10 pictures: {run.stdout.strip()} {run.stderr.strip()}")

    def jobs_and_fences(self):
        for job in self.rows("SELECT * FROM job"):
            label = f"job {job['kind']} {job['variant']} {job['id']}"
            if job["state"] not in ("done", "dead", "cancelled"):
                self.say(f"{label} is still {job['state']}")
            order = "fence" if self.world.clock_was_set else "started_ms, fence"
            fences = [row["fence"] for row in
                      self.rows(f"SELECT fence FROM attempt WHERE job_id = ? ORDER BY {order}", job["id"])]
            if fences != sorted(set(fences)) or (fences and fences[-1] > job["fence"]):
                self.say(f"the fences of {label} don't grow: {fences}, row {job['fence']}")
            crashed = self.rows("SELECT fence FROM attempt WHERE job_id = ? AND outcome = 'crashed'", job["id"])
            if len(crashed) > CRASHES:
                self.say(f"{label} ended {len(crashed)} workers, and was tried again after each")
            open_attempts = self.rows(
                "SELECT fence FROM attempt WHERE job_id = ? AND ended_ms = 0", job["id"])
            if open_attempts:
                self.say(f"{label} has attempts that never ended: {[row['fence'] for row in open_attempts]}")
        twice = self.rows("SELECT asset_id, revision, kind, variant, count(*) AS n FROM job WHERE state = 'done' "
                          "GROUP BY 1, 2, 3, 4 HAVING count(*) > 1")
        for row in twice:
            self.say(f"{row['kind']} {row['variant']} of {row['asset_id']} was done {row['n']} times")
        for row in self.rows("SELECT id, stage FROM run WHERE ended_ms = 0"):
            self.say(f"run {row['id']} ({row['stage']}) never ended")

    def history(self, assets):
        """The chain holds, and replaying it gives the rows."""
        states, done, fences = {}, {}, {}
        previous, number = {}, {}
        for event in self.rows("SELECT * FROM event ORDER BY seq"):
            asset = event["asset_id"]
            number[asset] = number.get(asset, 0) + 1
            text = "\n".join([previous.get(asset, ""), str(event["number"]), asset, event["kind"],
                              str(event["at_ms"]), event["data"] or "null"])
            if (event["number"] != number[asset] or event["previous_hash"] != previous.get(asset, "")
                    or sha256(text.encode()) != event["hash"]):
                self.say(f"the history of {asset} breaks at event {event['number']}")
            previous[asset] = event["hash"]
            data = json.loads(event["data"] or "null")
            if event["kind"] == "asset.received":
                states[asset] = "received"
            elif event["kind"] == "asset.state":
                if data["from"] != states.get(asset, "received"):
                    self.say(f"event {number[asset]} of {asset} leaves {data['from']}, but it was {states.get(asset)}")
                states[asset] = data["to"]
            if event["kind"].startswith("job."):
                job = data["job"]
                if data["fence"] < fences.get(job, 0):
                    self.say(f"the fence of job {job} fell from {fences[job]} to {data['fence']} in {event['kind']}")
                fences[job] = data["fence"]
                if event["kind"] == "job.done":
                    done[job] = done.get(job, 0) + 1
        for asset in assets:
            if states.get(asset["id"]) != asset["state"]:
                self.say(f"replaying {asset['name']} gives {states.get(asset['id'])}, its row says {asset['state']}")
        for job, count in done.items():
            if count > 1:
                self.say(f"job {job} was done {count} times")

    def audit(self, assets):
        """Filmgate's own: it compares more of the rows, and it has to see every asset."""
        run = subprocess.run([str(self.world.build / "bin/filmgate"), "audit", "--all", "--json", "--root",
                              str(self.world.library)], env=self.world.environment(), capture_output=True, text=True)
        found = [json.loads(line) for line in run.stdout.splitlines()]
        for asset in found:
            for problem in asset["problems"]:
                self.say(f"filmgate audit: {problem}")
        if run.returncode not in (0, 5) or (run.returncode == 5) != any(a["verdict"] != "agrees" for a in found):
            self.say(f"filmgate audit ended with {run.returncode}: {run.stderr.strip()}")
        if sorted(each["asset"] for each in found) != sorted(asset["id"] for asset in assets):
            self.say(f"filmgate audit saw {len(found)} of {len(assets)} assets")

    def nothing_left_over(self, assets):
        allowed = {"filmgate.db", "filmgate.db-wal", "filmgate.db-shm", "filmgate.db.lock"}
        for path in walk(self.world.library):
            inside = path.relative_to(self.world.library)
            top = inside.parts[0]
            if len(inside.parts) == 1 and path.is_file() and path.name not in allowed:
                self.say(f"{inside} lies at the top of the library")
            elif top in (".work", "uploads", "failed") and path.is_file():
                self.say(f"{inside} was left over")
            elif path.is_file() and (path.name.startswith(".") or path.suffix in (".part", ".tmp")):
                self.say(f"{inside} is a temporary that was left over")
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "cwd").startswith(str(self.world.folder)):
                    self.say(f"process {process.name} ({(process / 'comm').read_text().strip()}) was left over")
            except OSError:
                continue
