"""Reading a package folder, finding its class, importing its code: what is right, and every problem by its id."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.unit.serving.packages import write_files, write_package

from hitless.errors import InputError
from hitless.serving.package import Package, load_model, read_package
from hitless.spec.contract import Contract

pytestmark = pytest.mark.usefixtures("own_imports")


def ids(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_package(folder)
    assert all(problem.remedy for problem in caught.value.problems)
    return [problem.id for problem in caught.value.problems]


# Reading


def test_a_package(tmp_path: Path) -> None:
    package = read_package(write_package(tmp_path, settings="[serve]\nport = 9000\n"))
    assert package.folder == tmp_path
    assert package.contract.model_algorithm == "image_classification"
    assert package.settings == {"serve": {"port": 9000}}
    assert (package.has_code, package.model_file) == (True, "model.py")


def test_a_bare_network(tmp_path: Path) -> None:
    write_package(tmp_path)
    (tmp_path / "model.py").rename(tmp_path / "model.onnx")
    package = read_package(tmp_path)
    assert (package.has_code, package.model_file, package.settings) == (False, "model.onnx", {})


def test_defects_that_are_understood_as_meant_are_warnings(tmp_path: Path) -> None:
    package = read_package(write_package(tmp_path))
    assert package.warnings  # no health check is declared
    assert all(warning.severity == "warning" for warning in package.warnings)


def test_no_folder(tmp_path: Path) -> None:
    assert ids(tmp_path / "nowhere") == ["PKG-1"]
    write_package(tmp_path)
    assert ids(tmp_path / "config.json") == ["PKG-1"]


def test_all_problems_of_the_folder_at_once(tmp_path: Path) -> None:
    (tmp_path / "hitless.toml").write_text("[serve\n")
    found = ids(tmp_path)
    assert found[1:] == ["PKG-3", "PKG-2"]
    assert not found[0].startswith("PKG")  # config.json's own


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"a = 1\nb = [1 2]", "line 2", id="no-comma"),
        pytest.param(b"a = 1\na = 2", "overwrite", id="twice"),
        pytest.param(b'a = "\xff"', "utf-8", id="not-utf-8"),
    ],
)
def test_settings_that_cannot_be_read(tmp_path: Path, content: bytes, words: str) -> None:
    write_package(tmp_path)
    (tmp_path / "hitless.toml").write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_package(tmp_path)
    [problem] = caught.value.problems
    assert (problem.id, problem.file) == ("PKG-3", str(tmp_path / "hitless.toml"))


def test_settings_that_are_a_folder(tmp_path: Path) -> None:
    write_package(tmp_path)
    (tmp_path / "hitless.toml").mkdir()
    assert ids(tmp_path) == ["PKG-3"]


# Loading


def package_of(folder: Path, **files: str) -> Package:
    return Package(write_files(folder, **files), Contract("a", "Image"))


def load(folder: Path, **files: str) -> object:
    return load_model(package_of(folder, **files))


SERVES = "    def predict(self): return type(self).__name__, getattr(self, 'path', None)\n"


@pytest.mark.parametrize(
    ("code", "name", "gets_path"),
    [
        pytest.param("class Model:\n" + SERVES, "Model", False, id="no-init"),
        pytest.param(f"class Model:\n    def __init__(self, path): self.path = path\n{SERVES}", "Model", True,
                     id="path"),
        pytest.param(f"class Model:\n    def __init__(self): pass\n{SERVES}", "Model", False, id="init-of-nothing"),
        pytest.param(f"class Digits:\n{SERVES}", "Digits", False, id="the-only-class-by-any-name"),
        pytest.param(f"class Model:\n{SERVES}class Other:\n{SERVES}", "Model", False, id="model-goes-first"),
        pytest.param(f"class Oops(Exception):\n    def hint(self): pass\nclass Digits:\n{SERVES}", "Digits", False,
                     id="exceptions-do-not-count"),
        pytest.param(f"class Box:\n    x = 1\nclass Digits:\n{SERVES}", "Digits", False, id="values-do-not-count"),
        pytest.param(f"from dataclasses import dataclass\n@dataclass\nclass Model:\n    path: object\n{SERVES}",
                     "Model", True, id="dataclass"),
        pytest.param(f"from pathlib import PurePath\nclass Digits:\n{SERVES}", "Digits", False,
                     id="imported-classes-do-not-count"),
    ],
)  # fmt: skip
def test_the_model(tmp_path: Path, code: str, name: str, gets_path: bool) -> None:
    model = load(tmp_path, model=code)
    assert model.predict() == (name, tmp_path if gets_path else None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "signature",
    ["self, path=None", "self, path='.'", "self, *, path", "self, threads=2, path=None"],
)
def test_a_model_that_names_the_path_gets_it(tmp_path: Path, signature: str) -> None:
    model = load(tmp_path, model=f"class Model:\n    def __init__({signature}): self.path = path\n")
    assert model.path == tmp_path  # type: ignore[attr-defined]


def test_a_path_that_has_no_name_for_others(tmp_path: Path) -> None:
    model = load(tmp_path, model="class Model:\n    def __init__(self, path, /): self.path = path\n")
    assert model.path == tmp_path  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param("x = 1\n", "classes found: none", id="no-class"),
        pytest.param("class A:\n    def predict(self): pass\nclass B:\n    def predict(self): pass\n",
                     r"classes found: A, B", id="two-classes"),
        pytest.param("from pathlib import Path\n", "classes found: none", id="an-imported-class"),
        pytest.param("Model = 5\n", "classes found: none", id="no-class-of-that-name"),
    ],
)  # fmt: skip
def test_no_class(tmp_path: Path, code: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        load(tmp_path, model=code)
    [problem] = caught.value.problems
    assert (problem.id, problem.file) == ("PKG-5", "model.py")


def test_the_class_may_come_from_a_sibling_module(tmp_path: Path) -> None:
    model = load(tmp_path, net="class Model:\n" + SERVES, model="from net import Model\n")
    assert type(model).__module__ == "net"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        pytest.param("def (:\n", SyntaxError, id="syntax"),
        pytest.param("import no_such_module_at_all\n", ModuleNotFoundError, id="import"),
        pytest.param("raise RuntimeError('at import')\n", RuntimeError, id="at-import"),
        pytest.param("class Model:\n    def __init__(self, path): raise OSError('no weights')\n", OSError, id="init"),
        pytest.param("class Model:\n    def __init__(self, path, other): pass\n", TypeError, id="init-of-two"),
        pytest.param("raise SystemExit(3)\n", SystemExit, id="exit"),
    ],
)
def test_what_the_code_raises_comes_through(tmp_path: Path, code: str, error: type[BaseException]) -> None:
    with pytest.raises(error):
        load(tmp_path, model=code)


def test_sibling_modules_and_packages(tmp_path: Path) -> None:
    write_files(tmp_path / "parts", __init__="from parts.inner import VALUE\n", inner="VALUE = 7\n")
    code = "import net\nfrom parts import VALUE\nclass Model:\n    def predict(self): return net.NAME, VALUE\n"
    model = load(tmp_path, net="NAME = 'net'\n", model=code)
    assert model.predict() == ("net", 7)  # type: ignore[attr-defined]


def test_a_class_knows_its_module(tmp_path: Path) -> None:
    """So that pickle and dataclasses with postponed annotations work."""
    code = "from __future__ import annotations\nimport pickle\nclass Model:\n    def predict(self):\n"
    code += "        return type(pickle.loads(pickle.dumps(self))) is Model\n"
    assert load(tmp_path, model=code).predict() is True  # type: ignore[attr-defined]


def test_libraries_of_an_environment_inside_the_folder_stay_loaded(tmp_path: Path) -> None:
    """`python -m venv .venv` in the package is common; hitless itself may lie there, and numpy cannot load twice."""
    site = write_files(tmp_path / ".venv" / "lib" / "python3.11" / "site-packages", some_library="LOADED = object()\n")
    sys.path.insert(0, str(site))
    import some_library  # type: ignore[import-not-found]

    code = "import some_library\nclass Model:\n    def predict(self): return some_library.LOADED\n"
    model = load(tmp_path, model=code)
    assert sys.modules["some_library"] is some_library
    assert model.predict() is some_library.LOADED  # type: ignore[attr-defined]
