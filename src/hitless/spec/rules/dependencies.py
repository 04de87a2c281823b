"""`dependencies`: packages that the platform installs for its preset engines, entry by entry, in order."""

from __future__ import annotations

import re

from hitless.spec.contract import OPERATORS, Dependency, Package
from hitless.spec.kinds import Kind, Weight
from hitless.spec.quoting import quoted
from hitless.spec.section import Section, Shape, suggestion

DEPENDENCY = Shape(
    "a dependency", ("installer", "packages"), like='[{"installer": "pip", "packages": [{"package_name": "numpy"}]}]'
)
PACKAGE = Shape("a package", ("package_name", "package_version", "restraint"), like='[{"package_name": "numpy"}]')
INSTALLERS = ("pip", "conda", "yum", "apt-get")
EXACT_ONLY = ("yum", "apt-get")
RESTRAINTS = tuple(OPERATORS)
# What the pages print as forbidden in names and versions, and Chinese; blanks besides, which no installer takes.
FORBIDDEN = re.compile(r"[&!'\"<>=\s\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

WITH_IMAGE = Kind(
    "CFG-701",
    Weight.FORGIVEN,
    "dependencies for a custom image",
    "The platform installs nothing into a custom image; its import event says so. What a model needs is in its image.",
    '{"dependencies": [{"installer": "pip", "packages": [{"package_name": "numpy"}]}]}',
    '{"dependencies": []}',
)
INSTALLER_UNKNOWN = Kind(
    "CFG-702",
    Weight.REFUSED,
    "an installer that nobody knows",
    "pip is documented; error texts of the platform also name conda, yum and apt-get.",
    '{"model_type": "PyTorch", "dependencies": [{"installer": "npm", "packages": []}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": []}]}',
)
INSTALLER_UNLISTED = Kind(
    "CFG-703",
    Weight.FORGIVEN,
    "an installer that is not documented",
    "Only pip is documented. Error texts (3040, 3041) show that conda, yum and apt-get exist.",
    '{"model_type": "PyTorch", "dependencies": [{"installer": "conda", "packages": []}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": []}]}',
)
PACKAGE_GRAMMAR = Kind(
    "CFG-704",
    Weight.REFUSED,
    "a package name or version with characters that it must not have",
    "Names and versions hold no Chinese and none of & ! ' \" < > =, and no blanks. "
    "The comparison goes into `restraint`.",
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": [{"package_name": "numpy>=2"}]}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": '
    '[{"package_name": "numpy", "package_version": "2", "restraint": "ATLEAST"}]}]}',
)
RESTRAINT_UNKNOWN = Kind(
    "CFG-705",
    Weight.REFUSED,
    "an unknown restraint",
    "A restraint is EXACT (==), ATLEAST (>=) or ATMOST (<=).",
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": '
    '[{"package_name": "numpy", "package_version": "2.0", "restraint": "=="}]}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": '
    '[{"package_name": "numpy", "package_version": "2.0", "restraint": "EXACT"}]}]}',
)
RESTRAINT_MISSING = Kind(
    "CFG-706",
    Weight.REFUSED,
    "a version without a restraint",
    "`restraint` is mandatory as soon as there is a version: the number alone does not say which versions will do.",
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": '
    '[{"package_name": "numpy", "package_version": "2.0"}]}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": '
    '[{"package_name": "numpy", "package_version": "2.0", "restraint": "EXACT"}]}]}',
)
RESTRAINT_UNUSED = Kind(
    "CFG-707",
    Weight.FORGIVEN,
    "a restraint without a version",
    "There is nothing to compare with; it is read as if it were absent.",
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": '
    '[{"package_name": "numpy", "restraint": "EXACT"}]}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": [{"package_name": "numpy"}]}]}',
)
BLANK = Kind(
    "CFG-708",
    Weight.FORGIVEN,
    "an empty text for an unset value",
    'A published sample has "restraint": "" and "package_version": ""; it means that they are not set.',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": '
    '[{"package_name": "numpy", "package_version": "", "restraint": ""}]}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "pip", "packages": [{"package_name": "numpy"}]}]}',
)
RESTRAINT_INSTALLER = Kind(
    "CFG-709",
    Weight.REFUSED,
    "a restraint that the installer cannot hold",
    "yum and apt-get install exactly one version: EXACT (error 3040).",
    '{"model_type": "PyTorch", "dependencies": [{"installer": "yum", "packages": '
    '[{"package_name": "gcc", "package_version": "9", "restraint": "ATLEAST"}]}]}',
    '{"model_type": "PyTorch", "dependencies": [{"installer": "yum", "packages": '
    '[{"package_name": "gcc", "package_version": "9", "restraint": "EXACT"}]}]}',
)


def read_dependencies(top: Section, model_type: str | None) -> tuple[Dependency, ...]:
    sections = top.objects("dependencies", DEPENDENCY)
    if not sections:
        return ()
    if model_type == "Image":
        message = "nothing is installed into a custom image, so these packages are not used"
        top.report(WITH_IMAGE, message, "Put them into the image, and delete the key.", key="dependencies", of_key=True)
    return tuple(_dependency(section) for section in sections)


def _dependency(section: Section) -> Dependency:
    installer = section.mandatory_text("installer", '"pip"') or "pip"
    if installer not in INSTALLERS:
        near = suggestion(installer.lower(), INSTALLERS) or "pip"
        section.report(INSTALLER_UNKNOWN, f"{quoted(installer)} is no installer", f'Write "{near}".', key="installer")
    elif installer != "pip":
        message = f"{quoted(installer)} is not documented, only pip is"
        section.report(INSTALLER_UNLISTED, message, 'Write "pip" if the package is there.', key="installer")
    packages = section.objects("packages", PACKAGE) or []
    return Dependency(installer, tuple(_package(package, installer) for package in packages), section.rest())


def _package(section: Section, installer: str) -> Package:
    name = section.mandatory_text("package_name", '"numpy"')
    if name is not None:
        _check_grammar(section, "package_name", name)
    version = _unless_blank(section, "package_version", '"1.2.0"')
    if version is not None:
        _check_grammar(section, "package_version", version)
    restraint = _restraint(section, installer, version)
    return Package(name or "", version, restraint, section.rest())


def _check_grammar(section: Section, key: str, value: str) -> None:
    if not value or FORBIDDEN.search(value):
        message = f"{quoted(value)} is no {key.replace('_', ' ')}"
        section.report(PACKAGE_GRAMMAR, message, "Write it without comparison signs, quotes and blanks.", key=key)


def _unless_blank(section: Section, key: str, like: str) -> str | None:
    value = section.text(key, like)
    if value is not None and not value.strip():
        section.report(BLANK, f'"{key}" is empty, and read as not set', "Leave the key out.", key=key)
        return None
    return value


def _restraint(section: Section, installer: str, version: str | None) -> str | None:
    value = _unless_blank(section, "restraint", '"EXACT"')
    if value is not None and value not in RESTRAINTS:
        meant = {operator: word for word, operator in OPERATORS.items()}.get(value) or suggestion(
            value.upper(), RESTRAINTS
        )
        remedy = f'Write "{meant}".' if meant else 'Write "EXACT", "ATLEAST" or "ATMOST".'
        section.report(RESTRAINT_UNKNOWN, f"{quoted(value)} is no restraint", remedy, key="restraint")
        return None
    if value is None and version is not None:
        section.report(
            RESTRAINT_MISSING,
            f"version {quoted(version)} has no restraint",
            'Add "restraint": "EXACT", "ATLEAST" or "ATMOST".',
        )
    if value is not None and version is None:
        remedy = 'Delete it, or add a "package_version".'
        section.report(RESTRAINT_UNUSED, f"{quoted(value)} has no version to compare with", remedy, key="restraint")
        return None
    if value not in (None, "EXACT") and installer in EXACT_ONLY:
        message = f"{installer} installs one exact version"
        section.report(RESTRAINT_INSTALLER, message, 'Write "EXACT".', key="restraint")
    return value
