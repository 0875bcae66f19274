"""An editor: it starts `archc lsp` and speaks to it over its standard input and output, as any editor does."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

LIMIT = 120
ROOT = Path(__file__).parents[2]


class Editor:
    """Texts are open by their paths. `published` are the newest diagnostics of each file."""

    def __init__(self, folder: Path, encodings: tuple[str, ...] = (), options: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from archc.cli import main; main()", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        )  # fmt: skip
        self.published: dict[str, tuple[int | None, list[Any]]] = {}
        self.shown: list[str] = []
        self._messages: queue.Queue[Any] = queue.Queue()
        self._errors: list[bytes] = []
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._listen, daemon=True).start()
        self._number = 0
        self._versions: dict[str, int] = {}
        general = {"general": {"positionEncodings": list(encodings)}} if encodings else {}
        self.capabilities = self.ask(
            "initialize",
            processId=None,
            rootUri=None,
            workspaceFolders=[{"uri": folder.as_uri(), "name": "folder"}],
            capabilities=general,
            initializationOptions=options or {},
        )["capabilities"]
        self.tell("initialized")

    def _read(self) -> None:
        assert self.process.stdout is not None
        while True:
            length = 0
            while (line := self.process.stdout.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not line:
                self._messages.put(None)
                return
            self._messages.put(json.loads(self.process.stdout.read(length)))

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self._errors += self.process.stderr

    def _send(self, **message: Any) -> None:
        assert self.process.stdin is not None
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def _next(self) -> Any:
        message = self._messages.get(timeout=LIMIT)
        assert message is not None, "the server has ended"
        if message.get("method") == "textDocument/publishDiagnostics":
            row = message["params"]
            self.published[row["uri"]] = row.get("version"), row["diagnostics"]
        elif message.get("method") == "window/showMessage":
            self.shown.append(message["params"]["message"])
        elif "method" in message and "id" in message:
            self._send(id=message["id"], result=None)
        return message

    # -------------------------------------------------------------------------------------------- speaking

    def tell(self, method: str, **params: Any) -> None:
        self._send(method=method, params=params)

    def ask(self, method: str, **params: Any) -> Any:
        """The answer; of a refusal its message, with an exclamation mark before."""
        self._number += 1
        self._send(id=self._number, method=method, params=params)
        while True:
            message = self._next()
            if message.get("id") == self._number and "method" not in message:
                return "!" + message["error"]["message"] if "error" in message else message["result"]

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def write(self, name: str, text: str) -> list[Any]:
        """Opens or changes a file; what is wrong with it."""
        uri = self.uri(name)
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        if version == 1:
            self.tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "arch", "version": 1, "text": text})
        else:
            self.tell("textDocument/didChange", textDocument={"uri": uri, "version": version}, contentChanges=[{"text": text}])
        while self.published.get(uri, (None, []))[0] != version:
            self._next()
        return self.published[uri][1]

    def close(self, name: str) -> None:
        self.tell("textDocument/didClose", textDocument={"uri": self.uri(name)})
        self._versions.pop(self.uri(name), None)
        self.published.pop(self.uri(name), None)

    def of(self, method: str, name: str, **params: Any) -> Any:
        """A question about a file."""
        return self.ask(f"textDocument/{method}", textDocument={"uri": self.uri(name)}, **params)

    def run(self, command: str, *arguments: Any) -> Any:
        return self.ask("workspace/executeCommand", command=command, arguments=list(arguments))

    def end(self) -> str:
        """Says good-bye; what the server wrote to its log."""
        self.ask("shutdown")
        self.tell("exit")
        assert self.process.wait(LIMIT) == 0
        return b"".join(self._errors).decode("utf-8", "replace")


def at(text: str, words: str, within: int = 1) -> dict[str, int]:
    """The place of `words` as editors count it."""
    before = text[: text.index(words) + within]
    line = before.rsplit("\n", 1)[-1]
    return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}


def applied(text: str, edits: list[Any]) -> str:
    """The text with edits made, whose columns count UTF-16 units."""

    def offset(place: Any) -> int:
        lines = text.split("\n")
        begin = sum(len(line) + 1 for line in lines[: place["line"]])
        line = lines[place["line"]] if place["line"] < len(lines) else ""
        return begin + len(line.encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le"))

    for edit in sorted(edits, key=lambda row: (row["range"]["start"]["line"], row["range"]["start"]["character"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text
