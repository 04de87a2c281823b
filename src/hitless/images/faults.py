"""What can be wrong with an image or a reference, as errors that a user can act on."""

from __future__ import annotations

from hitless.errors import InputError, Problem


class ImageError(InputError):
    """Something that should be an image, a part of one or its name is not."""

    def __init__(self, identifier: str, message: str, remedy: str, *, file: str | None = None) -> None:
        super().__init__([Problem(identifier, message, remedy, file)])


def damaged(what: str, reason: str) -> ImageError:
    """Bytes that do not say what they should: cut off, changed, or of another kind."""
    return ImageError("IMG-1", f"{what} is damaged: {reason}", "Fetch or build the image anew.")


def unreadable(what: str, reason: str) -> ImageError:
    """Bytes that are no part of an image as the OCI specification has it."""
    return ImageError("IMG-2", f"{what} cannot be read: {reason}", "Is it an image (OCI, or docker's schema 2)?")


class TooLargeError(ImageError):
    """Nothing is wrong with it, but to look into it would take more than is allowed here."""


def too_large(what: str, reason: str) -> TooLargeError:
    """More than this program holds in memory, whatever the image."""
    return TooLargeError("IMG-2", f"{what} cannot be read: {reason}", "Is it an image (OCI, or docker's schema 2)?")
