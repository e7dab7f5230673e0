#!/usr/bin/env python3
"""The sound's measures beside FFmpeg's filters: one thread, 16-bit stereo, net of reading.

usage: bench/probe_audio.py [--runs N] [--out FOLDER] [CLIP]

Both sides see the same samples: a minute of CLIP's sound, or of made music-like noise with quiet
parts. Ours lie in memory; FFmpeg reads them from a raw file, and what it needs with `-af anull` is
taken off. The sides run in turn (A B A B …); figures are processor time, medians over the runs.
Writes probe_audio.md and probe_audio.svg.
"""
import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from shared.side_by_side import TOP, bar_chart, machine, timed

RATE, CHANNELS, SECONDS = 48000, 2, 60
SOUND = (f"anoisesrc=color=pink:amplitude=0.4:sample_rate={RATE}:seed=1[a];"
         f"anoisesrc=color=brown:amplitude=0.6:sample_rate={RATE}:seed=2[b];"
         f"[a][b]join=inputs=2:channel_layout=stereo,tremolo=f=0.3:d=0.9")
ALL = "ebur128=peak=true,silencedetect,astats"
# FFmpeg's filters and what of ours does the same.
PEERS = [("ebur128=peak=true", "loudness and true peak"), ("silencedetect", "silence"), (ALL, "all")]


def make_samples(clip, path):
    source = ["-stream_loop", "-1", "-i", str(clip), "-vn"] if clip else ["-f", "lavfi", "-i", SOUND]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, "-t", str(SECONDS), "-ac", str(CHANNELS),
                    "-ar", str(RATE), "-f", "s16le", str(path)], check=True)


def peer_command(samples, filters):
    return ["ffmpeg", "-v", "error", "-nostdin", "-filter_threads", "1", "-f", "s16le",
            "-ar", str(RATE), "-ac", str(CHANNELS), "-i", str(samples), "-af", filters,
            "-f", "null", "-"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    ours = []
    peers = {filters: [] for filters, _ in PEERS}
    with tempfile.TemporaryDirectory(prefix="filmgate-bench-") as scratch:
        samples = Path(scratch) / "samples.s16"
        make_samples(arguments.clip, samples)
        for run in range(arguments.runs):
            report = json.loads(subprocess.run(
                [str(arguments.build / "bin/bench_probe_audio"), str(samples), str(CHANNELS),
                 str(RATE)], check=True, capture_output=True, text=True).stdout)
            seconds = report["seconds"]
            # The meter that both share runs its filters once; the sum of the two is an upper bound.
            seconds["loudness and true peak"] = seconds["loudness"] + seconds["true peak"]
            ours.append(seconds)
            reading = timed(peer_command(samples, "anull")).cpu
            for filters in peers:
                peers[filters].append(timed(peer_command(samples, filters)).cpu - reading)
            print(f"run {run + 1}: all measures {report['duration'] / seconds['all']:.0f} times real "
                  f"time; FFmpeg's {report['duration'] / peers[ALL][-1]:.0f}", flush=True)
    duration = report["duration"]

    def median(name):
        return statistics.median(run[name] for run in ours)

    name = arguments.clip.name if arguments.clip else "made noise"
    lines = ["# The sound's measures: times real time", "",
             f"{duration:.0f} s of {name}, {CHANNELS} channels of 16 bit at {RATE} Hz, one thread, "
             f"processor time net of reading, medians of {arguments.runs} runs in turn; {machine()}.",
             "", "| measure | times real time | ms a minute of sound |", "|---|---|---|"]
    lines += [f"| {measure} | {duration / median(measure):.0f} | {60000 * median(measure) / duration:.1f} |"
              for measure in ours[0] if measure != "loudness and true peak"]
    lines += ["", "| FFmpeg, one thread | times real time | ours | times real time | ours is faster by |",
              "|---|---|---|---|---|"]
    for filters, mine in PEERS:
        theirs = statistics.median(peers[filters])
        times = statistics.median(t / run[mine] for run, t in zip(ours, peers[filters]))
        lines.append(f"| {filters} | {duration / theirs:.0f} | {mine} | {duration / median(mine):.0f} "
                     f"| {times:.1f} times |")
    lines += ["", "Loudness and true peak are measured by libebur128, FFmpeg's by its own copy of it; "
              "both oversample four times for the true peak, which takes most of the time.", ""]
    text = "\n".join(lines)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "probe_audio.md").write_text(text)
    bar_chart(arguments.out / "probe_audio.svg",
              [(f"Filmgate, {measure}", duration / median(measure)) for measure in ours[0]
               if measure != "loudness and true peak"]
              + [(f"FFmpeg, {filters}", duration / statistics.median(peers[filters]))
                 for filters, _ in PEERS], "times real time")
    print(text)


if __name__ == "__main__":
    main()
