"""What every bench shares: commands timed in turn, medians and ratios pair by pair, a plot.

    from shared.side_by_side import Side, in_turn, machine, bar_chart
    runs = in_turn([Side("ours", [...]), Side("peer", [...])], count=5)
    runs["ours"].median.wall; ratio(runs["ours"], runs["peer"], "wall")
"""
import os
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

TOP = Path(__file__).resolve().parent.parent.parent


@dataclass
class Sample:
    wall: float  # seconds
    cpu: float  # seconds, user and system, children that were waited for included
    memory: float  # peak, MB


@dataclass
class Side:
    name: str
    command: list
    folder: Path = None
    environment: dict = None


@dataclass
class Runs:
    samples: list = field(default_factory=list)

    @property
    def median(self):
        return Sample(*(statistics.median(getattr(s, f) for s in self.samples)
                        for f in ("wall", "cpu", "memory")))


def machine():
    """One phrase: the processor and how many cores of it there are."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} cores of {model}"


def timed(command, folder=None, environment=None):
    """Runs a command to its end, quietly; a failure ends the bench with the command."""
    before = os.times().elapsed
    child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = os.times().elapsed - before
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"exit {child.returncode}: {shlex.join(map(str, command))}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(sides, count, warm_up=1):
    """Runs the sides in turn (A B A B …), after warm-ups that don't count."""
    runs = {side.name: Runs() for side in sides}
    for run in range(-warm_up, count):
        for side in sides:
            sample = timed(side.command, side.folder, side.environment)
            if run >= 0:
                runs[side.name].samples.append(sample)
            print(f"run {run + 1} {side.name}: {sample.wall:.2f} s wall, {sample.cpu:.2f} s CPU, "
                  f"{sample.memory:.0f} MB", flush=True)
    return runs


def ratio(ours, theirs, figure):
    """Median of the ratios pair by pair; below 1 means ours takes less."""
    return statistics.median(getattr(a, figure) / getattr(b, figure)
                             for a, b in zip(ours.samples, theirs.samples))


def bar_chart(path, rows, unit=""):
    """A small SVG: one bar a row of (label, value); what is Filmgate's is green."""
    longest = max(value for _, value in rows)
    height = 30 * len(rows) + 20
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="820" height="{height}" '
             'font-family="sans-serif" font-size="13">',
             f'<rect width="820" height="{height}" fill="white"/>']
    for index, (label, value) in enumerate(rows):
        y = 12 + 30 * index
        width = 420 * value / longest
        colour = "#1f6f5c" if "Filmgate" in label else "#9aa5b1"
        figure = f"{value:.0f}" if value >= 100 else f"{value:.2f}"
        parts.append(f'<text x="10" y="{y + 15}">{escape(label)}</text>'
                     f'<rect x="300" y="{y}" width="{width:.0f}" height="20" fill="{colour}"/>'
                     f'<text x="{308 + width:.0f}" y="{y + 15}">{figure} {escape(unit)}</text>')
    Path(path).write_text("\n".join(parts + ["</svg>\n"]))
