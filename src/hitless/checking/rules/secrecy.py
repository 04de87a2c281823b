"""HL42x: no secret is in the image, in a file or in its environment; whoever can pull it would have it (SAFE-1)."""

from __future__ import annotations

from hitless.checking.events import Stage
from hitless.checking.facts.seen import ImageSeen
from hitless.checking.rule import Level, Seen, rule
from hitless.checking.rules.safety_verdicts import verdict
from hitless.checking.scanning.secret_shapes import secret_of
from hitless.checking.verdict import Evidence, Verdict, failed, passed


@rule(
    "HL421", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="Revoke it, and give secrets at build time without keeping them:\n"
    "    RUN --mount=type=secret,id=netrc NETRC=/run/secrets/netrc pip install …",
    bad="COPY id_rsa /home/.ssh/id_rsa",
    good="RUN --mount=type=ssh git clone git@example.org:models.git",
)  # fmt: skip
def files_hold_no_secrets(seen: Seen) -> Verdict:
    """No file holds a private key, a token or a saved login.

    An image is copied to every registry and node that runs it, and each of its readers has what is in it. Keys are
    looked for by their form and content, tokens by the exact formats of those who issue them, with their checksums
    where they have one; what the tests and documents of installed packages bring is not asked.
    """
    return verdict(seen, "secrets", "secret", "no file holds a private key, a token or a saved login")


@rule(
    "HL422", "SAFE-1", Level.SHOULD, Stage.IMAGE,
    fix="Leave it out of the image, and give it when the service is deployed, as an environment variable of the "
    "deployment:\n    docker run -e DB_PASSWORD …",
    bad="ENV DB_PASSWORD=hunter2",
    good="# the service reads DB_PASSWORD; the deployment sets it",
)  # fmt: skip
def environment_holds_no_secrets(seen: Seen) -> Verdict:
    """The environment of the image holds no secrets.

    It is in the image's configuration, in plain text, for everybody who may pull or inspect it. Values that look like
    tokens count, and values of variables whose names say that they are secret; what they are is not recorded.
    """
    found = [
        Evidence(f"{name}: {kind}")
        for name, value in seen.one(ImageSeen).environment.items()
        if (kind := secret_of(name, value))
    ]
    expected = "no variable of the image's environment holds a secret"
    if found:
        return failed(found[0].what, *found, expected=expected, actual=", ".join(one.what for one in found))
    return passed("No variable of the image's environment holds a secret")


@rule(
    "HL423", "SAFE-1", Level.SHOULD, Stage.SAFETY,
    fix="Write .git into the file .dockerignore.",
    bad="COPY . /app   # with .git in it",
    good="# .dockerignore\n.git\n.env",
)  # fmt: skip
def holds_no_checkout(seen: Seen) -> Verdict:
    """There is no checkout with its history in it.

    A `.git` folder holds every version of every file, deleted secrets among them, and often the login of its origin. It
    is dead weight, too.
    """
    return verdict(seen, "secrets", "checkout", "there is no checkout with its history")
