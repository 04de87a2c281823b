"""What the platform will not take of a package, told before anything is built (section 6.1, MA-42). Pure.

An error is what no image can hold; what only an import of the folder itself would refuse is a warning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import PurePosixPath

from hitless.errors import Problem, Severity
from hitless.spec.profiles import GB

PACKAGE_LIMIT, IMAGE_LIMIT = 20 * GB, 50 * GB
MODEL_FILES: Mapping[str, Sequence[Sequence[str]]] = {  # of each, one is wanted
    "TensorFlow": (("*.pb",), ("variables/*", "*/variables/*")),
    "MXNet": (("*-symbol.json",), ("*.params",)),
    "Caffe": (("*.prototxt",), ("*.caffemodel",)),
    "PyTorch": (("*.pth", "*.pt"),),
    "Spark_MLlib": (("spark_model/*", "*/spark_model/*"),),
    "XGBoost": (("*.m",),),
    "Scikit_Learn": (("*.m",),),
    "MindSpore": (("*.ckpt", "*.om"),),
}


def lint(sizes: Mapping[str, int], model_type: str, folder: str) -> list[Problem]:
    """`sizes`: bytes of each file by its path in the package. In order of their ids."""
    return [
        *_more_than_one(sizes, "config.json", "BUILD-40", folder),
        *_more_than_one(sizes, "customize_service.py", "BUILD-41", folder),
        *_dockerfiles(sizes, folder),
        *_without_model(sizes, model_type, folder),
        *_too_large(sizes, folder),
    ]


def _more_than_one(paths: Collection[str], name: str, identifier: str, folder: str) -> Iterator[Problem]:
    found = sorted(path for path in paths if PurePosixPath(path).name == name)
    if len(found) > 1:
        message = f"there are {len(found)} files {name}: {_named(found)}; an import of the folder takes one"
        remedy = "Rename the others, or leave them out ([build] leave-out). The image is built all the same."
        yield _warning(identifier, message, remedy, folder)


def _dockerfiles(paths: Collection[str], folder: str) -> Iterator[Problem]:
    found = sorted(path for path in paths if PurePosixPath(path).name == "Dockerfile")
    if found:
        message = f"there is a Dockerfile: {_named(found)}; an import of the folder is refused for it"
        yield _warning("BUILD-42", message, "Move it out of the package. It does not go into the image.", folder)


def _without_model(paths: Collection[str], model_type: str, folder: str) -> Iterator[Problem]:
    for patterns in MODEL_FILES.get(model_type, ()):
        if not any(fnmatch(path, pattern) for path in paths for pattern in patterns):
            message = f"a package of the type {model_type} has {' or '.join(patterns)}, and here is none"
            remedy = 'Add the model, or write "model_type": "Image" for an image of your own.'
            yield _warning("BUILD-43", message, remedy, folder)


def _too_large(sizes: Mapping[str, int], folder: str) -> Iterator[Problem]:
    total = sum(sizes.values())
    largest = sorted((path for path in sizes if sizes[path] > total / 100), key=lambda path: (-sizes[path], path))
    most = ", ".join(f"{path} ({sizes[path] / GB:.1f} GB)" for path in largest[:3])
    if total > IMAGE_LIMIT:
        message = f"it has {total / GB:.1f} GB, and an image may have {IMAGE_LIMIT / GB:g}; the largest: {most}"
        remedy = "Leave out what the model does without ([build] leave-out), or mount it when it runs."
        yield Problem("BUILD-45", message, remedy, folder)
    elif total > PACKAGE_LIMIT:
        message = (
            f"it has {total / GB:.1f} GB; an import of the folder takes {PACKAGE_LIMIT / GB:g}, an image "
            f"{IMAGE_LIMIT / GB:g}; the largest: {most}"
        )
        yield _warning("BUILD-44", message, "Give the platform the image, not the folder.", folder)


def _warning(identifier: str, message: str, remedy: str, folder: str) -> Problem:
    return Problem(identifier, message, remedy, folder, severity=Severity.WARNING)


def _named(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")
