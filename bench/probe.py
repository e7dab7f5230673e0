#!/usr/bin/env python3
"""The picture's measures beside FFmpeg's filters: one thread, 1080p I420, net of reading.

usage: bench/probe.py [--runs N] [--out FOLDER] [CLIP]

Both sides see the same decoded frames: the first of CLIP, or of a made picture with much detail and
motion. Ours lie in memory, more of them than the caches hold. FFmpeg reads them from a raw file, and
what it needs with `-vf null` is taken off. The sides run in turn (A B A B …); figures are processor
time, medians over the runs. Writes probe.md and probe.svg.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from ladder import PICTURE
from shared.side_by_side import TOP, bar_chart, machine, timed

WIDTH, HEIGHT = 1920, 1080
FRAMES = 40
WITHOUT_SITI = "blackdetect,freezedetect,blurdetect,blockdetect,idet,cropdetect,signalstats"
PEERS = {"siti": "siti", "the set without siti": WITHOUT_SITI}
SAMPLED = ("blockiness", "noise", "letterbox", "combing")


def make_frames(clip, path):
    source = ["-i", str(clip)] if clip else ["-filter_complex", PICTURE + "[v]", "-map", "[v]"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, "-an", "-frames:v", str(FRAMES),
                    "-s", f"{WIDTH}x{HEIGHT}", "-pix_fmt", "yuv420p", "-f", "rawvideo", str(path)],
                   check=True)


def peer_command(frames, filters):
    return ["ffmpeg", "-v", "error", "-nostdin", "-filter_threads", "1", "-threads", "1",
            "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", "30",
            "-i", str(frames), "-vf", filters, "-threads", "1", "-f", "null", "-"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    ours, bandwidth = [], []
    peers = {name: [] for name in PEERS}
    with tempfile.TemporaryDirectory(prefix="filmgate-bench-") as scratch:
        frames = Path(scratch) / "frames.yuv"
        make_frames(arguments.clip, frames)
        count = frames.stat().st_size // (WIDTH * HEIGHT * 3 // 2)
        if count < FRAMES:
            sys.exit(f"{arguments.clip} has {count} frames; {FRAMES} are needed")
        for run in range(arguments.runs):
            report = json.loads(subprocess.run(
                [str(arguments.build / "bin/bench_probe"), str(frames), str(WIDTH), str(HEIGHT)],
                check=True, capture_output=True, text=True).stdout)
            ours.append(report["measures"])
            bandwidth.append(report["bandwidth"])
            reading = timed(peer_command(frames, "null")).cpu
            for name, filters in PEERS.items():
                peers[name].append((timed(peer_command(frames, filters)).cpu - reading) / count)
            print(f"run {run + 1}: all measures {1 / report['measures']['all']['seconds']:.0f} frames/s; "
                  + "; ".join(f"FFmpeg's {name} {1 / peers[name][-1]:.1f}" for name in PEERS), flush=True)

    def rate(name):
        return 1 / statistics.median(run[name]["seconds"] for run in ours)

    def times(name, peer):  # pair by pair
        return statistics.median(theirs / run[name]["seconds"] for run, theirs in zip(ours, peers[peer]))

    speed = statistics.median(bandwidth)
    lines = ["# The picture's measures: frames a second", "",
             f"{WIDTH}x{HEIGHT} I420, {count} frames of {arguments.clip.name if arguments.clip else 'a made picture'}, "
             f"one thread, processor time net of reading, medians of {arguments.runs} runs in turn; {machine()}.", "",
             f"A plain read of the same frames gets {speed / 1e9:.1f} GB/s. The limit is what that allows when "
             "the luma of the frame, and of the previous one where they are compared, comes from memory. A "
             "measure can pass it, because the previous frame may still be in the cache. "
             f"{', '.join(SAMPLED)} look at a sample of the rows and columns: no limit is stated.", "",
             "| measure | frames/s | ms | memory's limit, frames/s | share of it |", "|---|---|---|---|---|"]
    for name, figure in ours[0].items():
        line = f"| {name} | {rate(name):.0f} | {1000 / rate(name):.3f} "
        limit = speed / figure["bytes"]
        line += "| | |" if name in SAMPLED else f"| {limit:.0f} | {rate(name) / limit:.0%} |"
        lines.append(line)
    lines += ["", "| FFmpeg, one thread | frames/s | ours | frames/s | ours is faster by |", "|---|---|---|---|---|"]
    for peer, mine in (("siti", "information"), ("the set without siti", "all")):
        lines.append(f"| {peer} | {1 / statistics.median(peers[peer]):.1f} | {mine} | {rate(mine):.0f} "
                     f"| {times(mine, peer):.0f} times |")
    lines += ["", f"The set without siti is `{WITHOUT_SITI}`; ours beside it has SI and TI in it.", ""]
    text = "\n".join(lines)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "probe.md").write_text(text)
    bar_chart(arguments.out / "probe.svg",
              [(f"Filmgate, {name}", rate(name)) for name in ours[0]]
              + [(f"FFmpeg, {name}", 1 / statistics.median(values)) for name, values in peers.items()],
              "frames/s")
    print(text)


if __name__ == "__main__":
    main()
