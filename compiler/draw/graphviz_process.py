"""Graphviz in a process of its own, from the wheel: DOT on standard input, the picture on standard output.

Several texts, parted by a zero byte, give several pictures, one after another.

It is run as a file and imports nothing of archc, so that a crash in the layout ends only this process.
"""

import sys


def main() -> int:
    try:
        from pygraphviz import AGraph
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    for text in sys.stdin.buffer.read().decode("utf-8").split("\0"):
        sys.stdout.buffer.write(AGraph(string=text).draw(format=sys.argv[1], prog="dot"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
