#!/usr/bin/env python3
"""What the probe and the thumbnails add to a transcode: the ladder alone, and the ladder with them.

usage: bench/overhead.py [--runs N] [--out FOLDER] [CLIP]

Both are the renditions line that `filmgate plan pipelines/web.json CLIP` prints, run by
gst-launch-1.0 in turn. To the second, right behind the decoder, come a qualityprobe for the picture
and one for the sound, with every measure, and a thumbnailsink that makes a poster and a sprite of 15
tiles from the same decoded pictures. Writes overhead.md and overhead.svg.
"""
import tempfile
from pathlib import Path

from ladder import arguments_of, make_clip, our_command
from shared.side_by_side import TOP, Side, bar_chart, in_turn, machine, ratio


def with_probe_and_thumbnails(words):
    """The ladder's words with the analysers put where the decoded streams come in."""
    words = list(words)
    picture = words.index("metadatagate")
    words[picture:picture] = ["qualityprobe", "!", "tee", "name=probed", "!",
                              "queue", "max-size-bytes=0", "max-size-time=0", "max-size-buffers=10", "!"]
    sound = words.index("audioresample")
    words[sound:sound] = ["qualityprobe", "!", "audioconvert", "!"]
    # The thumbnails hold their first frame until the encoders, which look ahead, have given theirs.
    return words + ["probed.", "!", "queue", "max-size-bytes=0", "max-size-time=0", "max-size-buffers=40",
                    "!", "thumbnailsink", "poster-location=poster.jpg", "sprite-location=sprite-%02d.jpg",
                    "vtt-location=sprite.vtt", "sprite-interval=1000000000", "sprite-width=320",
                    "sprite-columns=5", "sprite-rows=3"]


def main():
    arguments = arguments_of(__doc__)
    with tempfile.TemporaryDirectory(prefix="filmgate-bench-") as scratch:
        scratch = Path(scratch)
        clip = scratch / "clip.mp4"
        if arguments.clip:
            clip.symlink_to(arguments.clip.resolve())
        else:
            make_clip(clip)
        plain, environment = our_command(clip, arguments.build)
        probed = with_probe_and_thumbnails(plain)
        sides = []
        for name, command in (("ladder", plain), ("with probe and thumbnails", probed)):
            folder = scratch / name.replace(" ", "-")
            folder.mkdir()
            sides.append(Side(name, command, folder, environment))
        runs = in_turn(sides, arguments.runs)
        without, added = runs["ladder"], runs["with probe and thumbnails"]
        lines = ["# What the probe and the thumbnails add to a transcode", "",
                 f"Clip: {arguments.clip.name if arguments.clip else 'generated'}; {arguments.runs} runs "
                 f"each, in turn; {machine()}. Whole processes; medians.", "",
                 "| | wall s | CPU s | peak MB |", "|---|---|---|---|"]
        for name, run in runs.items():
            figures = run.median
            lines.append(f"| {name} | {figures.wall:.1f} | {figures.cpu:.1f} | {figures.memory:.0f} |")
        lines += ["", f"Ratio, pair by pair (median): wall {ratio(added, without, 'wall'):.3f}, "
                  f"CPU {ratio(added, without, 'cpu'):.3f}.", ""]
        text = "\n".join(lines)
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "overhead.md").write_text(text)
        bar_chart(arguments.out / "overhead.svg",
                  [("ladder, wall", without.median.wall), ("Filmgate's probe and thumbnails too, wall", added.median.wall)],
                  "s")
        print(text)


if __name__ == "__main__":
    main()
