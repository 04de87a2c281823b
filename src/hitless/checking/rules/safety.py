"""HL40x and HL41x: what the image holds is not malicious (SAFE-1), as the scanners saw it."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.safety_verdicts import verdict
from hitless.checking.verdict import Verdict


@rule(
    "HL401", "SAFE-1", Level.MUST, Stage.SAFETY,
    fix="Delete the file, find out how it came in, and build the image again from a base that you trust.",
    bad="RUN wget -qO- http://… | sh",
    good="COPY requirements.txt .\nRUN pip install --require-hashes -r requirements.txt",
)  # fmt: skip
def holds_no_known_malicious_code(seen: Seen) -> Verdict:
    """No file matches a signature of malicious code.

    Every file that a container sees is read to its end and compared with rules of our own: test strings, miners,
    shells that call out, web shells, Python and shell code that unpacks and runs what nobody can read. The platform
    refuses images with malicious code, and so should a colleague. It is a net with few and certain meshes: it finds
    what is well known, and it says nothing about what is new.
    """
    return verdict(seen, "signatures", "signature", "no file matches a signature of malicious code")


@rule(
    "HL402", "SAFE-1", Level.MUST, Stage.SAFETY,
    fix="Keep weights in a format that holds no code (safetensors, ONNX, .npy without objects):\n"
    "    from safetensors.torch import save_file\n    save_file(model.state_dict(), 'model.safetensors')",
    bad="""
    class Model:
        def __reduce__(self):
            return eval, ('…',)
    """,
    good="torch.save(model.state_dict(), 'model.pt')",
)  # fmt: skip
def pickles_import_nothing_dangerous(seen: Seen) -> Verdict:
    """No pickle imports what can run code.

    Who loads a pickle executes it: it can import any name and call it. All pickles are walked, opcode by opcode and
    without executing them, also inside archives, compressed files and each other, and what they import is compared
    with lists: of the standard library only what models are really made of is let through. `functools.partial` and
    `operator.itemgetter` count as dangerous, because they are steps of known attacks; waive the rule if your own
    pipeline needs them.
    """
    return verdict(seen, "pickles", "pickle", "no pickle imports anything dangerous")


@rule(
    "HL403", "SAFE-1", Level.INFO, Stage.SAFETY,
    fix="Look at the names. Classes of your own may be meant to be there; weights alone do not need them.",
    bad="pickle.dump(model, file)  # __main__.Model",
    good="torch.save(model.state_dict(), 'model.pt')",
)  # fmt: skip
def pickles_import_only_known_names(seen: Seen) -> Verdict:
    """Pickles import only names that are usual in models.

    A name that is on no list is neither good nor bad: a class of your own, or of a package that is not known here. It
    runs code when the pickle is loaded, so somebody should know what it is.
    """
    return verdict(seen, "pickles", "pickle-unknown", "pickles import only what is usual in models")


@rule(
    "HL404", "SAFE-1", Level.INFO, Stage.SAFETY,
    fix="Install ClamAV where you check, with its signatures: apt-get install clamav && freshclam. If it found "
    "something, delete the file and build again from a base that you trust.",
    bad="ADD https://example.org/tools.tar.gz /opt/",
    good="ADD --checksum=sha256:… https://example.org/tools.tar.gz /opt/",
)  # fmt: skip
def clamav_finds_nothing(seen: Seen) -> Verdict:
    """ClamAV finds nothing in it, where it is installed.

    It knows millions of signatures and needs them on the machine that checks, so this is more than can be asked for
    everywhere: without it the rule is unproven, and decides nothing.
    """
    return verdict(seen, "clamav", "virus", "ClamAV found nothing")


@rule(
    "HL405", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="Write a layer of your own in the package's code instead, and save weights only: "
    "model.save_weights('model.weights.h5').",
    bad="keras.layers.Lambda(lambda x: x / 255)",
    good="keras.layers.Rescaling(1 / 255)",
)  # fmt: skip
def keras_models_hold_no_code(seen: Seen) -> Verdict:
    """Keras models have no Lambda layer.

    A Lambda layer is Python bytecode inside of the model's file, which runs when the model is loaded or called
    (CVE-2024-3660). Nobody sees it in a review.
    """
    return verdict(seen, "signatures", "lambda", "no Keras model has a Lambda layer")


@rule(
    "HL406", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="Install at build time what the start script fetches, by version and checksum:\n"
    "    RUN pip install --require-hashes -r requirements.txt",
    bad="#!/bin/sh\ncurl -fsSL https://example.org/setup.sh | sh\nexec python server.py",
    good="#!/bin/sh\nexec python server.py",
)  # fmt: skip
def start_fetches_no_code(seen: Seen) -> Verdict:
    """Start scripts do not fetch code and run it.

    What is fetched at the start is in no layer: nobody has checked it, it may be another tomorrow, and the start fails
    with the server that it comes from.
    """
    return verdict(seen, "signatures", "suspicious", "no start script fetches code and runs it")


@rule(
    "HL410", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="chmod u-s,g-s FILE   # or leave the package out that brings it",
    bad="RUN chmod 4755 /app/helper",
    good="RUN chmod 0755 /app/helper",
)  # fmt: skip
def adds_no_set_user_id_programs(seen: Seen) -> Verdict:
    """No program runs with the rights of its owner, but those that distributions bring.

    A set-user-id program lets who has broken into the service become root. Those of the base image, and the well-known
    ones of distributions (`su`, `mount`, `passwd` and so on), are not counted.
    """
    return verdict(seen, "modes", "setuid", "no set-user-id or set-group-id program was added")


@rule(
    "HL411", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="chmod o-w FILE   # COPY --chmod=0755 … sets it at build time",
    bad="RUN chmod -R 777 /usr/local/lib/python3.11/site-packages",
    good="RUN chmod -R o-w /usr/local/lib/python3.11/site-packages",
)  # fmt: skip
def programs_cannot_be_changed_by_everybody(seen: Seen) -> Verdict:
    """Programs, libraries and settings cannot be written by everybody.

    Whoever breaks into a service that runs as an ordinary user can then put code of their own where root, or the next
    start, runs it.
    """
    return verdict(seen, "modes", "writable", "nothing in the folders of programs can be written by everybody")


@rule(
    "HL412", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="Remove it; engines make /dev themselves. Files of a chroot that was copied in are the usual cause.",
    bad="RUN mknod /opt/disk b 8 0",
    good="docker run --device /dev/…",
)  # fmt: skip
def brings_no_devices(seen: Seen) -> Verdict:
    """It brings no device nodes outside /dev.

    A device node reaches the machine's hardware past all permissions of files, as soon as a container may use it.
    """
    return verdict(seen, "devices", "device", "there are no device nodes outside /dev")


@rule(
    "HL413", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="Put programs where programs belong (/usr/local/bin), under names that tell what they are.",
    bad="COPY tool /opt/weights/labels.txt",
    good="COPY tool /usr/local/bin/tool",
)  # fmt: skip
def data_is_no_program(seen: Seen) -> Verdict:
    """There are no programs among weights, or under the names of data.

    A program that calls itself `labels.txt`, or lies among weights, is either an accident or hides.
    """
    return verdict(seen, "executables", "executable", "no program is among data or named like it")
