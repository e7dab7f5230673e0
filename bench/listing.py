#!/usr/bin/env python3
"""Pages and searches out of a million assets, on SQLite and PostgreSQL.

usage: bench/listing.py [--assets N] [--runs N] [--out FOLDER]

Both databases hold the same assets, filled in by SQL; then the store is asked through the interface
that the daemon uses for its console and its API, a hundred assets a page. The look-up of one row is
there to compare with: what it takes at p99 is the machine's doing. Writes listing.md and listing.svg.
"""
import argparse
import json
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from shared.databases import postgresql
from shared.side_by_side import TOP, bar_chart, machine

FIRST_MS = 0x019000000000  # bench/store.cpp looks for cursors from here on
STEP_MS = 60_000
PLACES = ("Aachen Berlin Cairo Dakar Essen Florence Geneva Hanoi Izmir Jakarta Kyoto Lagos Madrid "
          "Nairobi Oslo Prague Quito Riga Seoul Tunis").split()
SUBJECTS = ("council harvest festival election flood derby opening strike concert summit "
            "marathon auction parade premiere verdict launch rescue drought regatta fair").split()
TITLES = ["morning", "evening", "special", "archive", "feature"]
# A word in one of five thousand, in one of twenty, in one of five, and in all of them; two letters.
SEARCHES = ["zeppelin", "regatta", "archive", "clip", "os"]
FACTS = json.dumps({"media": {"container": "Quicktime", "duration": 93.4,
                              "video": {"codec": "h264", "width": 1920, "height": 1080},
                              "audio": {"codec": "aac", "channels": 2, "rate": 48000}},
                    "quality": {"video": {"frames": 2335, "si": {"mean": 41.2, "max": 77.1},
                                          "black": {"ratio": 0.0, "intervals": []}},
                                "audio": {"loudness": {"integrated": -23.1, "range": 7.2}}}})
INSERT = """INSERT INTO asset (id, revision, name, title, description, description_sha256, state,
 detail, source_path, source_size, source_mtime_ns, source_inode, source_sha256, sidecar_path,
 sidecar_sha256, metadata, facts, output_path, moves, created_ms, updated_ms, wake_ms) """


def sqlite_rows(count):
    for number in range(count):
        ms = FIRST_MS + number * STEP_MS
        digits = f"{ms:012x}"
        # As PostgreSQL reckons it below.
        place, subject = PLACES[number * 7 % 20], SUBJECTS[number * 13 // 20 % 20]
        title = TITLES[number * 3 // 400 % 5]
        if number % 5000 == 4321:
            subject = "zeppelin"
        name = f"{place.lower()}/clip-{subject}-{number}.mp4"
        title = f"{subject.capitalize()} in {place}, {title}"
        state = ("awaiting_approval" if number % 100 == 7 else
                 "rejected" if number % 20 == 3 else "processed")
        yield (f"{digits[:8]}-{digits[8:]}-7000-8000-{number:012x}", name, title, state,
               "processed/" + name, json.dumps({"title": title}), FACTS, ms)


def fill_sqlite(path, count):
    database = sqlite3.connect(path)
    triggers = [sql for (sql,) in database.execute(
        "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'asset_text_%'")]
    for name in ("insert", "update", "delete"):
        database.execute(f"DROP TRIGGER asset_text_{name}")
    database.executemany(
        INSERT + "VALUES (?1,1,?2,?3,'web','',?4,'',?5,1048576,0,0,'','','',?6,?7,'',NULL,?8,?8,0)",
        sqlite_rows(count))
    database.execute("INSERT INTO asset_text (asset_text) VALUES ('rebuild')")
    for sql in triggers:
        database.execute(sql)
    database.commit()
    database.execute("ANALYZE")
    database.commit()
    database.close()


def array(words):
    return "(ARRAY[" + ",".join(f"'{word}'" for word in words) + "])"


def fill_postgresql(server, database, count):
    server.sql(database, f"""DROP INDEX asset_by_text;
      WITH counted AS (SELECT i::bigint AS i, lpad(to_hex({FIRST_MS} + i::bigint * {STEP_MS}), 12,
          '0') AS digits, {array(PLACES)}[i * 7 % 20 + 1] AS place,
          CASE WHEN i % 5000 = 4321 THEN 'zeppelin' ELSE {array(SUBJECTS)}[i * 13 / 20 % 20 + 1] END
          AS subject, {array(TITLES)}[i * 3 / 400 % 5 + 1] AS title
        FROM generate_series(0, {count - 1}) AS i),
      named AS (SELECT *, lower(place) || '/clip-' || subject || '-' || i || '.mp4' AS name,
          initcap(subject) || ' in ' || place || ', ' || title AS whole FROM counted)
      {INSERT} SELECT substr(digits, 1, 8) || '-' || substr(digits, 9) || '-7000-8000-' ||
          lpad(to_hex(i), 12, '0'), 1, name, whole, 'web', '',
        CASE WHEN i % 100 = 7 THEN 'awaiting_approval' WHEN i % 20 = 3 THEN 'rejected'
          ELSE 'processed' END, '', 'processed/' || name, 1048576, 0, 0, '', '', '',
        '{{"title": "' || whole || '"}}', '{FACTS}', '', NULL, {FIRST_MS} + i * {STEP_MS},
        {FIRST_MS} + i * {STEP_MS}, 0 FROM named;
      CREATE INDEX asset_by_text ON asset USING gin (search_text gin_trgm_ops);""")
    server.sql(database, "VACUUM ANALYZE asset")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assets", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    program = arguments.build / "bin/bench_store"
    scratch = Path(tempfile.mkdtemp(prefix="filmgate-bench-"))

    def ask(url):
        done = subprocess.run([program, "list", url, str(arguments.runs), *SEARCHES], check=True,
                              capture_output=True, text=True)
        return json.loads(done.stdout)

    try:
        file = scratch / "filmgate.db"
        subprocess.run([program, "open", f"sqlite://{file}"], check=True)
        fill_sqlite(file, arguments.assets)
        found = {"SQLite": ask(f"sqlite://{file}")}
        sizes = {"SQLite": file.stat().st_size}
        with postgresql() as server:
            url = server.new_database("listing")
            subprocess.run([program, "open", url], check=True)
            fill_postgresql(server, "listing", arguments.assets)
            found["PostgreSQL"] = ask(url)
            sizes["PostgreSQL"] = int(server.sql("listing", "SELECT pg_database_size('listing')"))
            version = server.version()
    finally:
        shutil.rmtree(scratch)

    lines = ["# Lists and searches", "",
             f"{arguments.assets:,} assets in SQLite {sqlite3.sqlite_version} and in {version} on "
             f"{machine()}; a hundred rows a page, {arguments.runs} pages of each kind from "
             "anywhere, a tenth as many searches. Milliseconds in the store, from the question to "
             "the last row read.", "",
             "| | " + " | ".join(f"{name}: p50 | p90 | p99" for name in found) + " |",
             "|---|" + "---|" * 3 * len(found)]
    bars = []
    for kind in found["SQLite"]:
        figures = [found[name][kind] for name in found]
        lines.append(f"| {kind} | " + " | ".join(f"{f['p50']:.2f} | {f['p90']:.2f} | {f['p99']:.2f}"
                                                 for f in figures) + " |")
        bars += [(f"{name}, Filmgate: {kind}", f["p99"]) for name, f in zip(found, figures)]
    lines += ["", "On the disk, indexes and the search's included: " + ", ".join(
        f"{name} {size / arguments.assets:.0f} bytes an asset" for name, size in sizes.items()) +
        " (without jobs and events).", "", "```", "script/bench listing", "```", ""]
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "listing.md").write_text("\n".join(lines))
    bar_chart(arguments.out / "listing.svg", bars, "ms (p99)")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
