"""C++ source seen as tokens, with comments and the insides of strings taken out: enough for the tidy tests, which look
at the shape of a line and at names, and fast enough to read the whole tree in a second."""

import pathlib
import re
from typing import Iterator, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("common", "resolver", "authoritative", "tests")

_BLANKED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
_TOKEN = re.compile(r'[A-Za-z_]\w*|\d[\w.]*|::|->|<=>|[-+*/%&|^=!<>]=|&&|\|\||<<|""|\S')


class Token(NamedTuple):
    text: str
    line: int


class Complaint(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def without_comments(source: str) -> str:
    """Comments become blanks and literals become empty ones; digit separators are no quotes, and line breaks stay."""

    def blank(match: re.Match) -> str:
        text = match.group()
        lines = "\n" * text.count("\n")
        if text.startswith("/"):
            return " " + lines
        return ('""' if text[0] in '"R' else "0") + lines

    return _BLANKED.sub(blank, re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "", source))


def tokens(source: str) -> list[Token]:
    found, line, at = [], 1, 0
    text = without_comments(source)
    for match in _TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        found.append(Token(match.group(), line))
    return found


def source_files() -> Iterator[tuple[str, str]]:
    """Path below the root and content of each of our C++ files."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".cc", ".h"):
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
