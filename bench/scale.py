#!/usr/bin/env python3
"""renditionscale beside GStreamer's videoscale and FFmpeg's zscale and scale, one thread each.

usage: bench/scale.py [--runs N] [--frames N] [--out FOLDER] [CLIP]

Raw 1080p I420 is read from memory (/dev/shm) by one process per side, in turn. What reading alone
costs the same program is timed in the same turn and taken off, so what is left is the scaling: CPU
time of the whole process, medians, and ratios pair by pair. Without CLIP a picture is generated.
Writes scale.md and scale.svg.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from shared.side_by_side import TOP, Side, bar_chart, in_turn, machine

WIDTH, HEIGHT, LOOPED = 1920, 1080, 30
FRAME = WIDTH * HEIGHT * 3 // 2
CONVERT = "min=6:m=1:rin=tv:r=tv:pin=6:p=6:tin=1:t=1"

# What is measured: title, (ours, colorimetry), then peers by name.
CASES = [
    ("1080p to 720p, bicubic", ("height=720", "bt709"), {
        "FFmpeg zscale": ("ffmpeg", "zscale=1280:720:filter=bicubic"),
        "FFmpeg scale": ("ffmpeg", "scale=1280:720:flags=bicubic"),
        "GStreamer videoscale": ("gst", "videoscale method=catrom ! video/x-raw,width=1280,height=720"),
    }),
    ("1080p to 480p, bicubic", ("height=480", "bt709"), {
        "FFmpeg zscale": ("ffmpeg", "zscale=854:480:filter=bicubic"),
        "GStreamer videoscale": ("gst", "videoscale method=catrom ! video/x-raw,width=854,height=480"),
    }),
    ("1080p to 720p, BT.601 to BT.709", ("height=720", "bt601"), {
        "FFmpeg zscale": ("ffmpeg", f"zscale=1280:720:filter=bicubic:{CONVERT}"),
    }),
    ("1080p, BT.601 to BT.709", ("height=1080", "bt601"), {
        "FFmpeg zscale": ("ffmpeg", f"zscale=filter=bicubic:{CONVERT}"),
    }),
]


def make_frames(path, clip):
    source = ["-i", str(clip)] if clip else ["-f", "lavfi", "-i",
                                             f"mandelbrot=size={WIDTH}x{HEIGHT}:rate=30"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, "-frames:v", str(LOOPED), "-vf",
                    f"scale={WIDTH}:{HEIGHT}", "-pix_fmt", "yuv420p", "-f", "rawvideo", str(path)],
                   check=True)
    if path.stat().st_size != LOOPED * FRAME:
        raise SystemExit(f"{clip} has fewer than {LOOPED} frames; take a longer clip")


def ffmpeg(frames, path, chain):
    return ["ffmpeg", "-v", "error", "-threads", "1", "-filter_threads", "1",
            "-stream_loop", str(frames // LOOPED - 1), "-f", "rawvideo", "-s", f"{WIDTH}x{HEIGHT}",
            "-pix_fmt", "yuv420p", "-i", str(path), "-vf", chain, "-f", "null", "-"]


def gstreamer(frames, path, chain, colorimetry="bt709"):
    caps = (f"video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate=30/1,"
            f"colorimetry={colorimetry},chroma-site=mpeg2,pixel-aspect-ratio=1/1")
    return ["gst-launch-1.0", "-q", "multifilesrc", f"location={path}/%02d", "start-index=0",
            f"stop-index={LOOPED - 1}", "loop=true", f"num-buffers={frames}", f"caps={caps}", "!",
            *chain.split(), *(["!"] if chain else []), "fakesink"]


def net(runs, empty, frames):
    """Milliseconds a frame, less what reading takes, run by run."""
    return [(a.cpu - b.cpu) * 1000 / frames for a, b in zip(runs.samples, empty.samples)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    frames = max(LOOPED, arguments.frames // LOOPED * LOOPED)
    environment = dict(os.environ, GST_PLUGIN_PATH=str(arguments.build / "plugins"))
    scratch = Path(tempfile.mkdtemp(prefix="filmgate-bench-", dir="/dev/shm"))
    try:
        raw = scratch / "frames.yuv"
        make_frames(raw, arguments.clip)
        environment["GST_REGISTRY"] = str(scratch / "registry.bin")
        data = raw.read_bytes()
        for index in range(LOOPED):
            (scratch / f"{index:02d}").write_bytes(data[index * FRAME:(index + 1) * FRAME])
        lines = ["# Scaling, one thread", "",
                 f"1920x1080 I420 from memory ({arguments.clip.name if arguments.clip else 'generated'}), "
                 f"{frames} frames a run, {arguments.runs} runs in turn; {machine()}. CPU time of the "
                 "whole process less that of reading alone, medians.", ""]
        bars = []
        commands = []
        for title, (properties, colorimetry), peers in CASES:
            chain = f"renditionscale {properties}"
            sides = [Side("gst reading", gstreamer(frames, scratch, "", colorimetry), None, environment),
                     Side("ffmpeg reading", ffmpeg(frames, raw, "null"), None, environment),
                     Side("Filmgate", gstreamer(frames, scratch, chain, colorimetry), None, environment)]
            for name, (tool, peer) in peers.items():
                command = ffmpeg(frames, raw, peer) if tool == "ffmpeg" else gstreamer(frames, scratch, peer)
                sides.append(Side(name, command, None, environment))
            print(title, flush=True)
            runs = in_turn(sides, arguments.runs)
            ours = net(runs["Filmgate"], runs["gst reading"], frames)
            lines += [f"## {title}", "", "| | ms a frame | frames a second | times as fast as |",
                      "|---|---|---|---|",
                      "| Filmgate's renditionscale | {:.2f} | {:.0f} | |".format(
                          statistics.median(ours), 1000 / statistics.median(ours))]
            bars.append((f"Filmgate: {title}", statistics.median(ours)))
            for name, (tool, _) in peers.items():
                reading = runs["ffmpeg reading" if tool == "ffmpeg" else "gst reading"]
                theirs = net(runs[name], reading, frames)
                ratio = statistics.median(b / a for a, b in zip(ours, theirs))
                lines.append("| {} | {:.2f} | {:.0f} | {:.2f} |".format(
                    name, statistics.median(theirs), 1000 / statistics.median(theirs), ratio))
                bars.append((f"{name}: {title}", statistics.median(theirs)))
            lines.append("")
            commands += [side.command for side in sides[2:]]
        lines += ["The commands:", "", "```"]
        lines += [" ".join(map(str, command)).replace(str(scratch), "/dev/shm") for command in commands]
        lines += ["```", ""]
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "scale.md").write_text("\n".join(lines))
        bar_chart(arguments.out / "scale.svg", bars, "ms")
        print("\n".join(lines))
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
