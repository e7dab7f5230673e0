#!/usr/bin/env python3
"""Whole lives of jobs a second, and what assets leave behind in the databases.

usage: bench/jobs.py [--seconds N] [--claimers N] [--out FOLDER]

A life is three transactions, each durable before the next begins: queued; claimed under a new fence
with its attempt; done. Each also writes an event, chained by its hash. Peers publish throughput of
other things: they are named beside it with what theirs is. Writes jobs.md and jobs.svg.
"""
import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from shared.databases import postgresql
from shared.side_by_side import TOP, bar_chart, machine


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--claimers", type=int, default=8)
    parser.add_argument("--assets", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    program = arguments.build / "bin/bench_store"
    scratch = Path(tempfile.mkdtemp(prefix="filmgate-bench-"))

    def rate(url, claimers):
        done = subprocess.run([program, "jobs", url, str(claimers), str(arguments.seconds)],
                              check=True, capture_output=True, text=True)
        return json.loads(done.stdout)["per_second"]

    rates, growth = {}, {}
    try:
        file = scratch / "growth.db"
        subprocess.run([program, "lives", f"sqlite://{file}", str(arguments.assets)], check=True)
        growth["SQLite"] = file.stat().st_size / arguments.assets
        rates["SQLite, 1 claimer"] = rate(f"sqlite://{scratch}/jobs.db", 1)
        with postgresql() as server:
            for claimers in sorted({1, arguments.claimers}):
                words = f"{claimers} claimer" + ("s" if claimers > 1 else "")
                url = server.new_database(f"jobs{claimers}")
                rates[f"PostgreSQL, {words}"] = rate(url, claimers)
            url = server.new_database("growth")
            subprocess.run([program, "open", url], check=True)
            before = int(server.sql("growth", "SELECT pg_database_size('growth')"))
            subprocess.run([program, "lives", url, str(arguments.assets)], check=True)
            server.sql("growth", "VACUUM FULL")
            after = int(server.sql("growth", "SELECT pg_database_size('growth')"))
            growth["PostgreSQL"] = (after - before) / arguments.assets
            version = server.version()
    finally:
        shutil.rmtree(scratch)

    lines = ["# Lives of jobs", "",
             f"{version} and SQLite on {machine()}, everything on one machine, fsync at each commit; "
             f"{arguments.seconds} s each. A life is three commits (queued; claimed with fence and "
             "attempt; done), each with a hash-chained event.", "",
             "| | lives a second | commits a second |", "|---|---|---|"]
    lines += [f"| Filmgate on {name} | {each:.0f} | {each * 3:.0f} |" for name, each in rates.items()]
    lines += ["", "What others publish is another measure, on other machines: graphile-worker about "
              "183,000 jobs a second, queued beforehand, fetched 500 at a time and completed in "
              "batches (worker.graphile.org/docs/performance); River 46,000 a second with 2,000 "
              "goroutines on an 8-core M2 (riverqueue.com/docs/benchmarks), also of jobs that do "
              "nothing. Here each step of each job is a commit of its own with a history that can be "
              "verified and a fence that a late worker meets; and a job stands for seconds to hours "
              "of decoding and encoding.", "",
              f"What an asset of three rungs leaves behind ({arguments.assets} of them: 6 jobs and "
              "attempts, 18 events, 6 outputs, 3 messages): " +
              ", ".join(f"{name} {size / 1024:.1f} kB" for name, size in growth.items()) + ".", "",
              "```", "script/bench jobs", "```", ""]
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "jobs.md").write_text("\n".join(lines))
    bar_chart(arguments.out / "jobs.svg",
              [(f"Filmgate on {name}", each) for name, each in rates.items()], "lives/s")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
