#!/usr/bin/env python3
"""Poster and sprite of a five-minute file: `filmgate thumbnails` against FFmpeg and ffmpegthumbnailer.

usage: bench/thumbnails.py [--runs N] [--out FOLDER] [CLIP]

The clip is 300 s of 1080p30 H.264 at about 25 Mbit/s with a key frame at least every 50 pictures.
Without one, 15 s are encoded and repeated twenty times; the file is kept in build/bench. Every
command is a whole process, ours with its sandboxed worker; each pair runs in turn (A B A B ...).
Writes thumbnails.md and thumbnails.svg.
"""
import argparse
import shlex
import subprocess
import tempfile
from pathlib import Path

from ladder import make_clip
from shared.side_by_side import TOP, Side, bar_chart, in_turn, machine, ratio


def make_long_clip(path):
    """Twenty times the ladder's clip, which no encoder has to see again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    once = path.with_name("once.mp4")
    whole = path.with_name("whole.mp4")
    make_clip(once, key_frames_every=50)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-stream_loop", "19", "-i", once, "-c", "copy",
                    "-movflags", "+faststart", whole], check=True)
    once.unlink()
    whole.rename(path)


def key_frames_of(clip):
    lines = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=flags", "-of", "csv=p=0",
         clip], check=True, capture_output=True, text=True).stdout.splitlines()
    return sum("K" in line for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=TOP / "bench/results")
    parser.add_argument("--build", type=Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    clip = arguments.clip.resolve() if arguments.clip else TOP / "build/bench/five-minutes.mp4"
    if not clip.exists():
        make_long_clip(clip)
    with tempfile.TemporaryDirectory(prefix="filmgate-bench-") as scratch:
        scratch = Path(scratch)
        ours = [arguments.build.resolve() / "bin/filmgate", "thumbnails", clip, "--output", scratch / "ours"]
        pairs = [
            ("Filmgate: poster and 15 tiles", ours + ["--count", "15", "--tile-width", "320"],
             "ffmpeg key frames: 15 tiles",
             ["ffmpeg", "-v", "error", "-y", "-skip_frame", "nokey", "-i", clip, "-an", "-vf",
              "fps=1/20,scale=320:180,tile=5x3", "-frames:v", "1", scratch / "peer.jpg"]),
            ("Filmgate: poster", ours + ["--poster", "--poster-width", "320"],
             "ffmpegthumbnailer -s 320",
             ["ffmpegthumbnailer", "-s", "320", "-i", clip, "-o", scratch / "thumbnailer.jpg"]),
        ]
        lines = ["# Poster and sprite of a five-minute file", "",
                 f"Clip: {arguments.clip.name if arguments.clip else 'generated'}, "
                 f"{clip.stat().st_size * 8 / 300e6:.0f} Mbit/s over 300 s, {key_frames_of(clip)} key "
                 f"frames; {arguments.runs} runs each, in turn; {machine()}. Whole processes; medians. "
                 "Filmgate's poster is the best of all tiles' frames, or of three.", "",
                 "| | wall s | CPU s | peak MB |", "|---|---|---|---|"]
        ratios, rows, commands = [], [], []
        for our_name, our_command, peer_name, peer_command in pairs:
            sides = [Side(our_name, list(map(str, our_command)), scratch),
                     Side(peer_name, list(map(str, peer_command)), scratch)]
            runs = in_turn(sides, arguments.runs)
            for side in sides:
                figures = runs[side.name].median
                lines.append(f"| {side.name} | {figures.wall:.2f} | {figures.cpu:.2f} | {figures.memory:.0f} |")
                rows.append((side.name, figures.wall))
                commands.append(shlex.join(side.command).replace(str(scratch), "OUT")
                                .replace(str(clip), "CLIP").replace(str(TOP) + "/", ""))
            ratios.append(f"{peer_name} to {our_name}, pair by pair (median): "
                          f"wall {ratio(runs[peer_name], runs[our_name], 'wall'):.2f}, "
                          f"CPU {ratio(runs[peer_name], runs[our_name], 'cpu'):.2f}; above 1, ours takes less.")
        lines += ["", *ratios, "", "Commands:", "", "```", *commands, "```", ""]
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "thumbnails.md").write_text("\n".join(lines))
        bar_chart(arguments.out / "thumbnails.svg", rows, "s")
        print("\n".join(lines))


if __name__ == "__main__":
    main()
