#!/usr/bin/env python3
"""Rounds of faults on a real filmgated, each followed by the checks of invariants.py.

usage: script/fault [--rounds N] [--seed S] [--fault NAME] [--jobs N] [--keep] [--journal FILE] [--mutants [WORDS]]

A round: a fresh library, one or two uploads (sometimes one that is no video), one fault at a moment
the seed chooses, a restart, and then nothing until all has settled; a clean stop; the checks. Rounds
whose moment never came don't count. A violation prints the seed of its round, which repeats it.
"""
import argparse
import concurrent.futures
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import mutants
import world
from faults import DISKS, FAULTS, ON_BOTH, RARE, missing, survey
from postgresql import POSTGRESQL_FAULTS, Server, installed
from invariants import Checker
from world import LIVE, TOP, World, family, make_cache, make_clips, send, wait_for


def one_round(seed, chosen, build, scratch, cache, points, keep):
    """Returns (fault, what was done or None, violations)."""
    generator = random.Random(seed)
    name = chosen or generator.choice(sorted(FAULTS))
    if not chosen and generator.random() > RARE.get(name, 1):
        name = generator.choice(sorted(set(FAULTS) - set(RARE)))
    on_postgresql = name in ON_BOTH and generator.random() < 0.25
    clips, noise, other_noise = make_clips(scratch / "clips")
    folder = Path(tempfile.mkdtemp(prefix=f"round-{seed}-", dir=scratch))
    server = Server() if name in POSTGRESQL_FAULTS or (installed() and on_postgresql) else None
    place = World(folder, build, cache=cache, points=points, disk=DISKS.get(name), server=server)
    try:
        for number in range(generator.randint(1, 2)):
            place.drop(clips[number], f"upload{number}.mp4")
        if generator.random() < 0.25:
            place.drop(noise, "noise.mp4", "rejected")
        place.spare, place.noise = clips[-1], other_noise
        done = FAULTS[name](place, generator)
        if done is None:
            return name, None, []
        broken = place.broken
        if not place.wait_settled():
            broken.append(f"it did not settle in {world.SETTLE_SECONDS:.0f} s")
        wait_for(lambda: place.address() is not None or not place.running(), 10)
        if place.gives_up and place.redrive() and not place.wait_settled():
            broken.append(f"what was set aside did not settle in {world.SETTLE_SECONDS:.0f} s when it was tried again")
        code = place.stop()
        if code != 0:
            broken.append(f"the last filmgated ended with {code}")
        broken += Checker(place).check()
        if broken:
            keep = True
            broken.append(f"what was left and the log: {folder}")
        return name, done + " (on PostgreSQL)" * (server is not None), broken
    except Exception:  # a round that fails to run is a finding too
        keep = True
        return name, "?", [traceback.format_exc(), f"what was left and the log: {folder}"]
    finally:
        if place.disk and keep:  # what was left outlives the disk
            shutil.copytree(place.disk, folder / "disk", dirs_exist_ok=True)
        place.close()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def end(number, _frame):
    """Whoever ends the harness ends the daemons with it."""
    for place in list(LIVE):
        for pid in list(family(place.daemon.pid)):
            send(pid, signal.SIGKILL)
        place.close()
    os._exit(128 + number)


def prepare(build, scratch):
    """What all rounds share: what a first start finds out, and the points of the way."""
    clips, *_ = make_clips(scratch / "clips")
    cache = make_cache(scratch / "first", build)
    calm = World(scratch / "calm", build, cache=cache)
    for number, clip in enumerate(clips):
        calm.drop(clip, f"upload{number}.mp4")
    return cache, survey(calm)


def try_mutants(arguments, scratch):
    """How many of the deliberate defects nobody noticed."""
    workshop = mutants.Workshop(TOP, TOP / "build/mutants", arguments.build)
    cache, points = prepare(arguments.build, scratch)
    world.SETTLE_SECONDS = 20.0  # what is spoiled may well never settle

    def play(seed, fault):
        _, done, broken = one_round(seed, fault, workshop.build, scratch, cache, points, False)
        for folder in scratch.glob("round-*"):
            shutil.rmtree(folder, ignore_errors=True)
        return done, broken
    return mutants.judge(arguments.mutants, workshop, play)


def read_journal(path):
    """seed -> (fault, whether it held) of the rounds that an earlier call has made."""
    if path is None or not path.exists():
        return {}
    lines = [line.split() for line in path.read_text().splitlines()]
    return {int(line[0]): (line[1], line[2]) for line in lines if len(line) == 3}


def main():
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=sorted(FAULTS))
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="leave the folders of all rounds")
    parser.add_argument("--journal", type=Path, help="rounds noted in this file are not made again; the others are "
                        "noted as they end")
    parser.add_argument("--mutants", nargs="?", const="", metavar="WORDS",
                        help="whether deliberate defects (those with one of these words, a,b,c, in their names) are noticed")
    parser.add_argument("--build", type=Path, default=TOP / "build/dev")
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="filmgate-fault-"))
    for name, why in missing(scratch).items():
        print(f"fault: {name} is left out: {why}", flush=True)
        del FAULTS[name]
    if arguments.fault and arguments.fault not in FAULTS:
        sys.exit(1)
    if arguments.mutants is not None:
        missed = try_mutants(arguments, scratch)
        shutil.rmtree(scratch, ignore_errors=True)
        sys.exit(1 if missed else 0)
    cache, points = prepare(arguments.build, scratch)
    begin = time.monotonic()
    counted, violations, seed = Counter(), 0, arguments.seed
    noted = read_journal(arguments.journal)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        running = {}
        while running or sum(counted.values()) < arguments.rounds:
            while len(running) < arguments.jobs and sum(counted.values()) + len(running) < arguments.rounds:
                if seed in noted:
                    name, held = noted[seed]
                    counted[name] += held != "missed"
                    violations += held == "broken"
                else:
                    running[pool.submit(one_round, seed, arguments.fault, arguments.build, scratch, cache, points,
                                        arguments.keep)] = seed
                seed += 1
            finished, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in finished:
                its_seed = running.pop(future)
                name, done, broken = future.result()
                if arguments.journal:
                    held = "missed" if done is None else "broken" if broken else "held"
                    with open(arguments.journal, "a", encoding="ascii") as journal:
                        journal.write(f"{its_seed} {name} {held}\n")
                counted[name] += done is not None
                if broken:
                    violations += 1
                    print(f"seed {its_seed}, {name}: {done}", flush=True)
                    for sentence in broken:
                        print(f"  {sentence}", flush=True)
            if seed - arguments.seed > 20 * arguments.rounds + 100:
                sys.exit("fault: hardly any round came to its fault; the moments need another look")
    counted = +counted
    took = time.monotonic() - begin
    print(f"fault: {sum(counted.values())} rounds in {took:.0f} s, {violations} with violations: " +
          ", ".join(f"{name} {count}" for name, count in sorted(counted.items())))
    if not violations and not arguments.keep:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
