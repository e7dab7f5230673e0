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
import platform
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
RUNGS = [("1080p", 1920, 1080, 5000), ("720p", 1280, 720, 2800), ("480p", 854, 480, 1400)]


def make_clip(path):
    """15 s of 1080p30 with much detail and motion, about 22 Mbit/s: nothing is downloaded."""
    picture = (
        "mandelbrot=size=1920x1080:rate=30:maxiter=500:end_scale=0.02:end_pts=500[m];"
        "testsrc2=size=1920x1080:rate=30[t];[m][t]blend=all_mode=overlay:all_opacity=0.4,"
        "noise=alls=6:allf=t,format=yuv420p"
    )
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-filter_complex", picture + "[v]",
         "-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.1:sample_rate=48000",
         "-map", "[v]", "-map", "0:a", "-t", "15", "-c:v", "libx264", "-preset", "veryfast",
         "-b:v", "22M", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", str(path)],
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


def timed(command, folder, environment):
    begin = os.times().elapsed
    child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = os.times().elapsed - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"exit {child.returncode}: {shlex.join(command)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


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


def bar_chart(path, rows):
    """A small SVG: one bar a row, labelled; no plotting library needed."""
    longest = max(value for _, value in rows)
    height = 34 * len(rows) + 20
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{height}" '
             'font-family="sans-serif" font-size="14">',
             f'<rect width="640" height="{height}" fill="white"/>']
    for index, (label, value) in enumerate(rows):
        y = 12 + 34 * index
        colour = "#1f6f5c" if "Filmgate" in label else "#9aa5b1"
        parts.append(f'<text x="10" y="{y + 17}">{label}</text>'
                     f'<rect x="170" y="{y}" width="{380 * value / longest:.0f}" height="24" '
                     f'fill="{colour}"/>'
                     f'<text x="{180 + 380 * value / longest:.0f}" y="{y + 17}">{value:.1f}</text>')
    parts.append("</svg>\n")
    path.write_text("\n".join(parts))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
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
        samples = {"ours": [], "peer": []}
        for run in range(arguments.runs + 1):
            for name, command, folder, env in (("ours", ours, ours_folder, environment),
                                               ("peer", peer, peer_folder, dict(os.environ))):
                sample = timed(command, folder, env)
                if run > 0:
                    samples[name].append(sample)
                print(f"run {run} {name}: {sample[0]:.1f} s wall, {sample[1]:.1f} s CPU, "
                      f"{sample[2]:.0f} MB", flush=True)
        median = {name: [statistics.median(s[i] for s in runs) for i in range(3)]
                  for name, runs in samples.items()}
        ratio = statistics.median(a[0] / b[0] for a, b in zip(samples["ours"], samples["peer"]))
        ratio_cpu = statistics.median(a[1] / b[1] for a, b in zip(samples["ours"], samples["peer"]))
        lines = [
            "# Ladder: 1080p, 720p and 480p from one decode", "",
            f"Clip: {'generated' if not arguments.clip else clip.name}; {arguments.runs} runs each, "
            f"in turn; {os.cpu_count()} cores, {platform.machine()}. Whole processes; medians.", "",
            "| | wall s | CPU s | peak MB |", "|---|---|---|---|",
            "| Filmgate's renditions line (gst-launch-1.0) | {:.1f} | {:.1f} | {:.0f} |".format(*median["ours"]),
            "| FFmpeg, same encoder settings | {:.1f} | {:.1f} | {:.0f} |".format(*median["peer"]),
            "",
            f"Ratio, pair by pair (median): wall {ratio:.3f}, CPU {ratio_cpu:.3f}.", "",
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
                  [("Filmgate, wall s", median["ours"][0]), ("FFmpeg, wall s", median["peer"][0]),
                   ("Filmgate, CPU s", median["ours"][1]), ("FFmpeg, CPU s", median["peer"][1])])
        print(text)


if __name__ == "__main__":
    main()
