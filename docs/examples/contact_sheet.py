#!/usr/bin/python3
"""Makes a poster, a sprite with its WebVTT and a quality report of a video, in one decode.

GST_PLUGIN_PATH=/where/libgstfilmgate.so/is ./contact_sheet.py clip.mp4 FOLDER

Debian: python3-gi gir1.2-gstreamer-1.0
"""
import json
import pathlib
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def build(video: pathlib.Path, folder: pathlib.Path) -> Gst.Pipeline:
    pipeline = Gst.parse_launch(
        "filesrc name=in ! decodebin ! video/x-raw ! videoconvert "
        "! qualityprobe name=probe ! thumbnailsink name=sink"
    )
    pipeline.get_by_name("in").set_property("location", str(video))
    sink = pipeline.get_by_name("sink")
    sink.set_property("poster-location", str(folder / "poster.jpg"))
    sink.set_property("sprite-location", str(folder / "sprite.jpg"))
    sink.set_property("vtt-location", str(folder / "sprite.vtt"))
    sink.set_property("sprite-interval", 1 * Gst.SECOND)
    return pipeline


def run(pipeline: Gst.Pipeline) -> None:
    """Prints each file and finding as it comes; raises RuntimeError for an error."""
    bus = pipeline.get_bus()
    wanted = Gst.MessageType.ELEMENT | Gst.MessageType.ERROR | Gst.MessageType.EOS
    pipeline.set_state(Gst.State.PLAYING)
    while True:
        message = bus.timed_pop_filtered(Gst.CLOCK_TIME_NONE, wanted)
        if message.type == Gst.MessageType.EOS:
            return
        if message.type == Gst.MessageType.ERROR:
            raise RuntimeError(message.parse_error()[0].message)
        said = message.get_structure()
        if said.get_name() == "thumbnailsink":
            print(said.get_string("type"), said.get_string("location"))
        elif said.get_name() == "qualityprobe" and said.get_string("type") == "finding":
            print(said.get_string("finding"), said.get_value("start") / Gst.SECOND,
                  said.get_value("end") / Gst.SECOND)


def main() -> int:
    Gst.init(None)
    if len(sys.argv) != 3:
        print(f"usage: {sys.argv[0]} VIDEO FOLDER", file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = build(pathlib.Path(sys.argv[1]), folder)
    try:
        run(pipeline)
        summary = json.loads(pipeline.get_by_name("probe").get_property("summary"))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        pipeline.set_state(Gst.State.NULL)
    (folder / "quality.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
