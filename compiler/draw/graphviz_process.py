"""Graphviz in a process of its own, from the wheel: DOT on standard input, the picture on standard output.

Several texts, parted by a zero byte, give several pictures, one after another; several formats, as in `json+svg`, give each picture in
these, from one layout. A text that says `layout=nop2` has its places already.

It is run as a file and imports nothing of archc, so that a crash in the layout ends only this process.
"""

import sys


def main() -> int:
    try:
        from pygraphviz import AGraph, graphviz
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    for text in sys.stdin.buffer.read().decode("utf-8").split("\0"):
        graph = AGraph(string=text)
        context = graphviz.gvContextWithBuiltins()
        graphviz.gvLayout(context, graph.handle, (graph.graph_attr.get("layout") or "dot").encode())
        for form in sys.argv[1].split("+"):
            failed, made = graphviz.gvRenderData(context, graph.handle, form.encode())
            if failed:
                sys.stderr.write(f"no picture in the format {form}\n")
                return 1
            sys.stdout.buffer.write(made)
        graphviz.gvFreeLayout(context, graph.handle)
        graphviz.gvFreeContext(context)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
