#!/usr/bin/env python3
"""Our ladder against FFmpeg's: the same clip to 1080p, 720p and 480p, from one decode each.

usage: bench/ladder.py [--runs N] [--out FOLDER] [CLIP]

The two commands run in turn (A B A B …) after one warm-up each. Ours is the renditions line that
`filmgate plan pipelines/web.json CLIP` prints, run by gst-launch-1.0; FFmpeg's has the same
encoder settings. Wall time and CPU time are of the whole process, memory is its peak. Each rung is
then compared with its source, scaled by zscale's spline36 for judging: bitrate and SSIM.
Writes ladder.md and ladder.svg.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from shared.side_by_side import TOP, Side, bar_chart, in_turn, machine, ratio

RUNGS = [("1080p", 1920, 1080, 5000), ("720p", 1280, 720, 2800), ("480p", 854, 480, 1400)]

# Much detail and motion, 1080p30, without an end.
PICTURE = (
    "mandelbrot=size=1920x1080:rate=30:maxiter=500:end_scale=0.02:end_pts=500[m];"
    "testsrc2=size=1920x1080:rate=30[t];[m][t]blend=all_mode=overlay:all_opacity=0.4,"
    "noise=alls=6:allf=t,format=yuv420p"
)


def make_clip(path, key_frames_every=250):
    """15 s of 1080p30 with much detail and motion, about 22 Mbit/s: nothing is downloaded."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-filter_complex", PICTURE + "[v]",
         "-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.1:sample_rate=48000",
         "-map", "[v]", "-map", "0:a", "-t", "15", "-c:v", "libx264", "-preset", "veryfast",
         "-g", str(key_frames_every), "-b:v", "22M", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", str(path)],
        check=True)


def peer_command(clip, folder):
    graph = ("[0:v]split=3[a][b][c];[b]scale=1280:720:flags=bicubic[h];"
             "[c]scale=854:480:flags=bicubic[l]")
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-filter_complex", graph]
    for label, (name, _, _, rate) in zip("ahl", RUNGS):
        command += ["-map", f"[{label}]", "-map", "0:a?", "-c:v", "libx264", "-preset", "veryfast",
                    "-b:v", f"{rate}k", "-maxrate", f"{rate}k", "-bufsize", f"{int(rate * 0.6)}k",
                    "-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-pix_fmt", "yuv420p",
                    "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart",
                    f"{folder}/{name}.mp4"]
    return command


def our_command(clip, build):
    sidecar = clip.with_suffix(".json")
    sidecar.write_text(json.dumps({"title": "Ladder", "owner": "bench@example.org"}))
    plan = subprocess.run(
        [str(build / "bin/filmgate"), "plan", str(TOP / "pipelines/web.json"), str(clip),
         "--metadata", str(sidecar)], check=True, capture_output=True, text=True).stdout
    line = plan.split("# renditions\n", 1)[1].splitlines()[0]
    words = shlex.split(line)
    environment = dict(os.environ)
    while re.fullmatch(r"\w+=.*", words[0]):
        key, value = words.pop(0).split("=", 1)
        environment[key] = value
    return words, environment


def probe(path):
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
         "stream=width,height,bit_rate", "-of", "json", str(path)],
        check=True, capture_output=True, text=True).stdout
    return json.loads(out)["streams"][0]


def ssim(path, clip, width, height):
    text = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", str(path), "-i", str(clip), "-filter_complex",
         f"[1:v]zscale={width}:{height}:filter=spline36[r];[0:v][r]ssim", "-f", "null", "-"],
        check=True, capture_output=True, text=True).stderr
    return float(re.search(r"SSIM Y:([0-9.]+)", text).group(1))


def arguments_of(documentation):
    """What a bench over a clip is told, this one and the one that adds the analysers to it."""
    parser = argparse.ArgumentParser(description=documentation.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    return parser.parse_args()


def main():
    arguments = arguments_of(__doc__)
    with tempfile.TemporaryDirectory(prefix="filmgate-bench-") as scratch:
        scratch = Path(scratch)
        clip = scratch / "clip.mp4"
        if arguments.clip:
            clip = arguments.clip.resolve()
        else:
            make_clip(clip)
        ours_folder, peer_folder = scratch / "ours", scratch / "peer"
        ours_folder.mkdir()
        peer_folder.mkdir()
        working_clip = scratch / ("input" + clip.suffix)
        working_clip.symlink_to(clip)
        ours, environment = our_command(working_clip, arguments.build)
        peer = peer_command(working_clip, peer_folder)
        runs = in_turn([Side("ours", ours, ours_folder, environment), Side("peer", peer, peer_folder)],
                       arguments.runs)
        median = {name: run.median for name, run in runs.items()}
        lines = [
            "# Ladder: 1080p, 720p and 480p from one decode", "",
            f"Clip: {'generated' if not arguments.clip else clip.name}; {arguments.runs} runs each, "
            f"in turn; {machine()}. Whole processes; medians.", "",
            "| | wall s | CPU s | peak MB |", "|---|---|---|---|",
            "| Filmgate's renditions line (gst-launch-1.0) | {:.1f} | {:.1f} | {:.0f} |".format(
                median["ours"].wall, median["ours"].cpu, median["ours"].memory),
            "| FFmpeg, same encoder settings | {:.1f} | {:.1f} | {:.0f} |".format(
                median["peer"].wall, median["peer"].cpu, median["peer"].memory),
            "",
            f"Ratio, pair by pair (median): wall {ratio(runs['ours'], runs['peer'], 'wall'):.3f}, "
            f"CPU {ratio(runs['ours'], runs['peer'], 'cpu'):.3f}.", "",
            "| rung | ours kbit/s | FFmpeg kbit/s | ours SSIM Y | FFmpeg SSIM Y |", "|---|---|---|---|---|"]
        for name, width, height, _ in RUNGS:
            made = sorted(ours_folder.glob(f"*{name}*.mp4"))
            if not made:
                sys.exit(f"the plan made no {name} rung of this clip; take one of at least 1080p")
            mine, theirs = probe(made[0]), probe(peer_folder / f"{name}.mp4")
            lines.append("| {} | {:.0f} | {:.0f} | {:.4f} | {:.4f} |".format(
                name, int(mine["bit_rate"]) / 1000, int(theirs["bit_rate"]) / 1000,
                ssim(made[0], clip, mine["width"], mine["height"]),
                ssim(peer_folder / f"{name}.mp4", clip, theirs["width"], theirs["height"])))
        lines += ["", "The commands:", "", "```", shlex.join(ours), "", shlex.join(peer), "```", ""]
        text = "\n".join(lines).replace(str(scratch) + "/", "")
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "ladder.md").write_text(text)
        bar_chart(arguments.out / "ladder.svg",
                  [("Filmgate, wall", median["ours"].wall), ("FFmpeg, wall", median["peer"].wall),
                   ("Filmgate, CPU", median["ours"].cpu), ("FFmpeg, CPU", median["peer"].cpu)], "s")
        print(text)


if __name__ == "__main__":
    main()
