"""Scanner: programs in places where data belongs: among weights, or under the names of pictures, tables and texts."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from hitless.checking.facts.scanner import ScannedFile
from hitless.checking.facts.seen import Finding, ScannerSeen
from hitless.checking.scanning.tally import Tally

NAME = "executables"
_HEAD = 64
_DATA_NAMES = {
    "jpg", "jpeg", "png", "gif", "bmp", "webp", "ico", "svg", "csv", "tsv", "json", "jsonl", "yml", "yaml", "toml",
    "ini", "txt", "md", "htm", "html", "css", "xml", "pdf", "mp3", "mp4", "wav", "safetensors", "onnx", "pt", "pth",
    "pkl", "pickle", "joblib", "npy", "npz", "h5", "hdf5", "keras", "gguf", "ggml", "tflite", "pb", "parquet",
    "arrow", "ckpt", "om", "caffemodel",
}  # fmt: skip
_DATA_PLACES = re.compile(r"(?:.*/)?(?:weights?|checkpoints?|ckpts?|datasets?|tokenizer|saved_model)/.*", re.IGNORECASE)
_INSTALLED = re.compile(
    r"(?:.*/)?(?:site-packages|dist-packages|node_modules)/.*|(?:usr|lib|lib64|bin|sbin|etc|var)/.*"
)
_FAT_MACH_O_MOST = 32  # so many architectures: a Java class has the same magic, and a version there


class Executables:
    def __init__(self) -> None:
        self._tally = Tally(NAME, limits="only the beginning of a file is read; scripts are not counted as programs")

    def begin(self, file: ScannedFile) -> _File | None:
        if file.in_base:
            return None
        folder, _, name = file.path.rpartition("/")
        _, dot, ending = name.rpartition(".")
        is_data = (dot and ending.lower() in _DATA_NAMES) or _holds_data(folder)
        return _File(file, self._tally) if is_data else None

    def finish(self) -> Iterable[ScannerSeen | Finding]:
        return [self._tally.seen()]


@functools.lru_cache(maxsize=1024)
def _holds_data(folder: str) -> bool:
    inside = f"{folder}/"
    return _DATA_PLACES.fullmatch(inside) is not None and _INSTALLED.fullmatch(inside) is None


class _File:
    def __init__(self, file: ScannedFile, tally: Tally) -> None:
        self._file = file
        self._tally = tally
        self._head = b""

    def feed(self, piece: bytes) -> None:
        if len(self._head) < 4096:
            self._head += piece[:4096]

    def end(self) -> Iterable[Finding]:
        self._tally.read(len(self._head))
        what = program(self._head)
        return self._tally.finding(self._file, "executable", what) if what else []


def program(head: bytes) -> str:
    """What kind of program begins so; empty for none."""
    if head.startswith(b"\x7fELF") and head[4:5] in (b"\x01", b"\x02") and head[5:6] in (b"\x01", b"\x02"):
        return "a program or library of Linux (ELF)"
    if head.startswith(b"MZ") and len(head) > _HEAD:
        at = int.from_bytes(head[60:64], "little")
        if head[at : at + 4] == b"PE\0\0":
            return "a program of Windows (PE)"
    if head[:4] in (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"):
        return "a program of macOS (Mach-O)"
    if head.startswith(b"\xca\xfe\xba\xbe") and 0 < int.from_bytes(head[4:8], "big") < _FAT_MACH_O_MOST:
        return "a program of macOS (Mach-O)"
    return ""
