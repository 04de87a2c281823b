"""Malicious specimens, made when they are needed, so that the repository holds none: pickles in many evasive forms."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import pickle
import pickletools
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

SYSTEM = "sys" + "tem"
COMMAND = "true"


def short(text: str) -> bytes:
    data = text.encode()
    return b"\x8c" + bytes([len(data)]) + data


def raw(module: str = "os", name: str = SYSTEM, protocol: int = 0) -> bytes:
    """Calls module.name("true")."""
    if protocol < 2:
        return f"c{module}\n{name}\n(S'{COMMAND}'\ntR.".encode()
    if protocol < 4:
        argument = b"X" + struct.pack("<I", len(COMMAND)) + COMMAND.encode()
        return b"\x80" + bytes([protocol]) + f"c{module}\n{name}\n".encode() + argument + b"\x85R."
    return b"\x80" + bytes([protocol]) + short(module) + short(name) + b"\x93" + CALL


CALL = short(COMMAND) + b"\x85R."


class Reduced:
    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        function, *arguments = self.call
        return function, tuple(arguments)


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def npy(pickled: bytes) -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + pickled


def torch_zip(pickled: bytes) -> bytes:
    return zipped(("m/data.pkl", pickled), ("m/byteorder", b"little"), ("m/data/0", bytes(4096)), ("m/version", b"3\n"))


def with_flag(data: bytes) -> bytes:
    """The bit that says that a member is encrypted, in every header."""
    changed = bytearray(data)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found = -1
        while (found := changed.find(signature, found + 1)) >= 0:
            changed[found + at] |= 1
    return bytes(changed)


def with_wrong_sum(data: bytes) -> bytes:
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    changed[at + 16 : at + 20] = b"\xde\xad\xbe\xef"
    changed[14:18] = b"\xde\xad\xbe\xef"
    return bytes(changed)


def with_other_name(data: bytes, old: bytes, new: bytes) -> bytes:
    """In the header in front only."""
    return data.replace(old, new, 1)


def claims_stored(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[8:10] = b"\0\0"
    return bytes(changed)


def joblib_array(first: bytes, behind: bytes) -> bytes:
    """A pickle as joblib writes it: bytes of an array in its middle."""
    wrapper = b"\x80\x04" + short("joblib.numpy_pickle") + short("NumpyArrayWrapper") + b"\x93)\x81}b"
    return wrapper + first + behind


NESTED = raw("posix", SYSTEM, 2)
B64 = base64.b64encode(b"import os").decode()
SPECIMENS: dict[str, tuple[str, Callable[[], bytes]]] = {
    **{f"protocol-{n}": ("a.pkl", lambda n=n: raw(protocol=n)) for n in (0, 1, 2, 3, 4, 5)},  # type: ignore[misc]
    **{
        f"{module}.{name}": ("a.pkl", lambda module=module, name=name: raw(module, name, 4))  # type: ignore[misc]
        for module, name in (
            ("posix", SYSTEM), ("nt", SYSTEM), ("subprocess", "Popen"), ("subprocess", "check_output"),
            ("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"), ("builtins", "__import__"),
            ("builtins", "compile"), ("builtins", "open"), ("sys", "exit"), ("runpy", "run_path"), ("socket", "socket"),
            ("shutil", "rmtree"), ("pty", "spawn"), ("importlib", "import_module"), ("webbrowser", "open"),
            ("code", "InteractiveInterpreter.runcode"), ("operator", "attrgetter"), ("functools", "partial"),
            ("pip", "main"), ("timeit", "timeit"), ("cProfile", "run"), ("pdb", "run"), ("pydoc", "pipepager"),
            ("numpy.testing._private.utils", "runstring"), ("numpy.f2py.crackfortran", "getlincoef"),
            ("torch.utils.collect_env", "run"), ("torch._inductor.codecache", "compile_file"),
            ("torch.serialization", "load"), ("pkgutil", "resolve_name"), ("uuid", "_get_command_stdout"),
            ("logging", "FileHandler"), ("_io", "FileIO"), ("ctypes", "CDLL"), ("cloudpickle.cloudpickle", "subimport"),
            ("types", "CodeType"), ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
            ("distutils.file_util", "write_file"), ("idlelib.run", "Executive.runcode"), ("ensurepip", "_run_pip"),
            ("imaplib", "IMAP4_stream"), ("urllib.request", "urlopen"),
            ("aiohttp", "request"), ("requests.api", "get"), ("ssl", "get_server_certificate"), ("bdb", "Bdb.run"),
            ("trace", "Trace.run"), ("doctest", "debug_script"), ("test.support.script_helper", "assert_python_ok"),
        )
    },
    "python-2-names": ("a.pkl", lambda: raw("__builtin__", "eval")),
    "commands-of-python-2": ("a.pkl", lambda: raw("commands", "getoutput")),
    "inst": ("a.pkl", lambda: f"(S'{COMMAND}'\nios\n{SYSTEM}\n.".encode()),
    "obj": ("a.pkl", lambda: f"(cos\n{SYSTEM}\nS'{COMMAND}'\no.".encode()),
    "newobj": ("a.pkl", lambda: b"\x80\x02csubprocess\nPopen\n" + b"X\x04\0\0\0true\x85\x81."),
    "dotted-through-a-usual-module": ("a.pkl", lambda: raw("collections", f"_sys.modules.{SYSTEM}", 4)),
    "dotted-through-torch": ("a.pkl", lambda: raw("torch", f"os.{SYSTEM}", 4)),
    "dunder-globals": ("a.pkl", lambda: raw("sklearn.base", "clone.__globals__.get", 4)),
    "builtins-of-six": ("a.pkl", lambda: raw("six.moves.builtins", "eval", 4)),
    "memo-recalled": (
        "a.pkl",
        lambda: b"\x80\x04" + short(SYSTEM) + b"\x94" + short("os") + b"\x94h\x01h\x00\x93" + CALL,
    ),
    "memo-overwritten": (
        "a.pkl",
        lambda: b"\x80\x04" + short("collections") + b"q\x00" + short("os") + b"q\x000h\x00"
        + short(SYSTEM) + b"\x93" + CALL,
    ),
    "memo-behind-a-gap": (
        "a.pkl",
        lambda: b"\x80\x04" + short("os") + b"r\xff\xff\x00\x000" + short("x") + b"0j\xff\xff\x00\x00" + short(SYSTEM)
        + b"\x93" + CALL,
    ),
    "pushed-apart": (
        "a.pkl",
        lambda: b"\x80\x04" + short("os") + b"K\x010K\x02K\x0300" + short(SYSTEM) + b"(K\x05K\x061\x93" + CALL,
    ),
    "duplicated": ("a.pkl", lambda: b"\x80\x04" + short("os") + b"20" + short(SYSTEM) + b"20\x93" + CALL),
    "unicode-with-escapes": ("a.pkl", lambda: b"\x80\x04V\\u006fs\nV\\u0073ystem\n\x93" + CALL),
    "string-with-escapes": ("a.pkl", lambda: b"\x80\x04S'\\x6fs'\nS'\\x73ystem'\n\x93" + CALL),
    "long-unicode": (
        "a.pkl",
        lambda: b"\x80\x04X\x02\0\0\0os\x8d\x06\0\0\0\0\0\0\0" + SYSTEM.encode() + b"\x93" + CALL,
    ),
    "computed-name": (
        "a.pkl",
        lambda: b"\x80\x04" + short("os") + b"cbuiltins\nstr\nC\x06" + SYSTEM.encode() + short("ascii")
        + b"\x86R\x93" + CALL,
    ),
    "extension-registry": ("a.pkl", lambda: b"\x80\x02\x82\x01X\x04\0\0\0true\x85R."),
    "breaks-after-the-call": ("a.pkl", lambda: raw(protocol=2)[:-1] + b"\xff\xff\xff"),
    "never-stops": ("a.pkl", lambda: raw(protocol=4)[:-1]),
    "old-breaks-after-the-call": ("a.pkl", lambda: raw()[:-1] + b"\xff"),
    "after-stop": ("a.pkl", lambda: pickle.dumps({"a": 1}) + raw(protocol=4)),
    "after-stop-old": ("a.pkl", lambda: pickle.dumps({"a": 1}) + raw()),
    "after-stop-and-rubbish": ("a.pkl", lambda: pickle.dumps([1.5] * 9) + bytes(range(256)) * 40 + raw(protocol=4)),
    "fifth-in-a-row": ("a.pt", lambda: pickle.dumps(1, 2) * 4 + raw(protocol=2)),
    "bytes-in-a-pickle": ("a.pkl", lambda: pickle.dumps({"inner": NESTED})),
    "bytes-in-bytes": ("a.pkl", lambda: pickle.dumps(pickle.dumps(NESTED))),
    "zip-in-a-pickle": ("a.pkl", lambda: pickle.dumps(torch_zip(NESTED))),
    "chain-of-reduce": ("a.pkl", lambda: pickle.dumps([Reduced(list, ()), {"x": Reduced(eval, "1")}])),
    "deep-in-a-list": ("a.pkl", lambda: pickle.dumps([[[[1, {"k": (2, Reduced(exec, "1"))}]]]], 2)),
    "optimised": ("a.pkl", lambda: pickletools.optimize(pickle.dumps(Reduced(eval, "1"), 4))),
    "behind-many-numbers": ("a.pkl", lambda: pickle.dumps([*map(float, range(5000)), Reduced(eval, "1")])),
    "torch": ("a.pt", lambda: torch_zip(raw(protocol=2))),
    "torch-in-two-pickles": ("a.pth", lambda: torch_zip(pickle.dumps({}, 2) + raw(protocol=2))),
    "torch-deflated": ("a.bin", lambda: zipped(("m/data.pkl", raw(protocol=2)), method=zipfile.ZIP_DEFLATED)),
    "torch-flag": ("a.pt", lambda: with_flag(torch_zip(raw(protocol=2)))),
    "torch-sum": ("a.pt", lambda: with_wrong_sum(torch_zip(raw(protocol=2)))),
    "torch-other-name": ("a.pt", lambda: with_other_name(torch_zip(raw(protocol=2)), b"m/data.pkl", b"m/data.txt")),
    "torch-behind-rubbish": ("a.pt", lambda: b"#!/bin/sh\n" + bytes(700) + torch_zip(raw(protocol=2))),
    "torch-behind-a-pickle": ("a.pt", lambda: pickle.dumps({"good": 1}, 2) + torch_zip(raw(protocol=2))),
    "zip-claims-stored": ("a.pt", lambda: claims_stored(zipped(("a", raw(protocol=2)), method=zipfile.ZIP_DEFLATED))),
    "zip-in-a-zip": ("a.zip", lambda: zipped(("b.pt", torch_zip(raw(protocol=2))))),
    "zip-without-directory": ("a.pt", lambda: torch_zip(raw(protocol=2)).partition(b"PK\x01\x02")[0]),
    "zip-with-its-sign-in-a-string": (
        "a.pt",
        lambda: torch_zip(b"\x80\x02C\x28PK\x03\x04" + bytes(36) + b"0" + raw(protocol=2)[2:]),
    ),
    "npz": ("a.npz", lambda: zipped(("x.npy", npy(raw(protocol=4))))),
    "npz-deflated": ("a.npz", lambda: zipped(("x.npy", npy(raw(protocol=3))), method=zipfile.ZIP_DEFLATED)),
    "npy": ("a.npy", lambda: npy(raw(protocol=4))),
    "npy-by-another-name": ("weights", lambda: npy(raw(protocol=4))),
    "pickle-by-another-name": ("seven.jpg", lambda: raw(protocol=4)),
    "old-pickle-by-another-name": ("README.md", lambda: raw()),
    "tar-of-old-torch": ("a.pt", lambda: tarred(("sys_info", pickle.dumps({}, 2)), ("pickle", raw(protocol=2)))),
    "tar-gz": ("a.nemo", lambda: gzip.compress(tarred(("model_weights.ckpt", torch_zip(raw(protocol=2)))))),
    "joblib-zlib": ("a.joblib", lambda: zlib.compress(raw(protocol=4))),
    "joblib-gzip": ("a.joblib", lambda: gzip.compress(raw(protocol=4))),
    "joblib-bz2": ("a.joblib", lambda: bz2.compress(raw(protocol=4))),
    "joblib-xz": ("a.joblib", lambda: lzma.compress(raw(protocol=4))),
    "joblib-lzma": ("a.joblib", lambda: lzma.compress(raw(protocol=4), lzma.FORMAT_ALONE)),
    "gzip-twice": ("a.pkl.gz", lambda: gzip.compress(gzip.compress(raw(protocol=4)))),
    "gzip-cut-short": ("a.pkl.gz", lambda: gzip.compress(raw(protocol=4) + bytes(900))[:-8]),
    "second-of-two-gzips": ("a.pkl.gz", lambda: gzip.compress(pickle.dumps(1)) + gzip.compress(raw(protocol=4))),
    "joblib-behind-an-array": ("a.joblib", lambda: joblib_array(struct.pack("<64d", *range(64)), raw(protocol=4)[2:])),
    "joblib-behind-a-false-length": (
        "a.joblib",
        lambda: joblib_array(b"B\xff\xff\xff\x7f" + bytes(99), raw(protocol=4)[2:]),
    ),
}  # fmt: skip


def specimens() -> Iterator[tuple[str, str, bytes]]:
    """Id, name of the file, content."""
    for identifier, (name, made) in SPECIMENS.items():
        yield identifier, name, made()
