"""What people install: the wheel, the sdist, and how little `import kg` loads."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

MOST_BYTES = 60_000_000
DATA = {
    "kg/queries/": ".cypher",
    "kg/visualizations/": ".html",
    "kg/sample/": ".jsonl",
    "kg/lexicon/": ".tsv",
    "kg/model/": ".onnx",
}
HEAVY = ("spacy", "onnxruntime", "networkx", "neo4j", "pyvis", "arcadedb", "numpy", "rich", "lxml")


def run_build(*arguments: str, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", *arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]


def contents(wheel: Path) -> dict[str, str]:
    """The files of a wheel with the hash of each; RECORD lists the others, and so follows from them."""
    with zipfile.ZipFile(wheel) as packed:
        return {
            name: hashlib.sha256(packed.read(name)).hexdigest()
            for name in packed.namelist()
            if not name.endswith("/RECORD")
        }


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of the checkout, the sdist, and the wheel that the unpacked sdist gives."""
    pytest.importorskip("hatchling", reason="hatchling is not installed: make test installs it")
    out = tmp_path_factory.mktemp("dist")
    run_build("--wheel", "--sdist", "--outdir", str(out), cwd=checkout)
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    unpacked = tmp_path_factory.mktemp("sdist")
    with tarfile.open(sdist) as packed:
        packed.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    again = tmp_path_factory.mktemp("again")
    run_build("--wheel", "--outdir", str(again), cwd=source)
    (second,) = again.glob("*.whl")
    return {"wheel": wheel, "sdist": sdist, "wheel of the sdist": second, "unpacked sdist": source}


def test_the_wheel_holds_what_is_not_python(built: dict[str, Path]) -> None:
    names = contents(built["wheel"])
    for folder, suffix in DATA.items():
        assert [n for n in names if n.startswith(folder) and n.endswith(suffix)], f"no {suffix} in {folder}"
    assert "kg/py.typed" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_the_wheel_holds_every_file_that_the_checkout_keeps(built: dict[str, Path], checkout: Path) -> None:
    """A folder that is missing when the wheel is built leaves no trace otherwise."""
    kept = subprocess.run(
        ["git", "ls-files", "kg", "queries", "visualizations"],
        cwd=checkout,
        check=False,
        capture_output=True,
        text=True,
    )
    if kept.returncode:
        pytest.skip("the checkout is no git repository")
    expected = {n if n.startswith("kg/") else f"kg/{n}" for n in kept.stdout.splitlines()}
    assert expected <= set(contents(built["wheel"]))


def test_queries_and_visualizations_hold_no_python(built: dict[str, Path], checkout: Path) -> None:
    names = contents(built["wheel"])
    assert not [n for n in names if n.startswith(("kg/queries/", "kg/visualizations/")) and n.endswith(".py")]
    for folder in ("queries", "visualizations"):
        assert not list((checkout / folder).rglob("*.py"))


def test_the_wheel_holds_one_package_and_no_leftovers(built: dict[str, Path]) -> None:
    names = contents(built["wheel"])
    tops = {n.split("/")[0] for n in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"kg"}
    leftovers = re.compile(r"__pycache__|\.pyc$|\.db$|\.DS_Store|~$|\.orig$|\.log$")
    assert not [n for n in names if leftovers.search(n)]


def test_the_wheel_stays_small(built: dict[str, Path]) -> None:
    assert built["wheel"].stat().st_size < MOST_BYTES


def test_the_sdist_gives_the_same_wheel(built: dict[str, Path]) -> None:
    assert contents(built["wheel of the sdist"]) == contents(built["wheel"])


def test_the_sdist_holds_the_tests_and_documents(built: dict[str, Path]) -> None:
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "Makefile", "requirements.lock", "tests/conftest.py"):
        assert (built["unpacked sdist"] / name).is_file(), name


def test_import_kg_loads_nothing_heavy() -> None:
    code = f"import sys, kg; dir(kg); print([m for m in {HEAVY!r} if m in sys.modules])"
    assert run_python(code) == "[]"


def test_the_help_of_the_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys, io, contextlib\nfrom kg.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "    try: main(['--help'])\n"
        "    except SystemExit: pass\n"
        "assert 'kg build' in out.getvalue()\n"
        "heavy = ('spacy', 'onnxruntime', 'networkx', 'neo4j', 'pyvis', 'arcadedb', 'numpy')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    assert run_python(code) == "[]"


def test_every_public_name_can_be_had() -> None:
    import kg

    for name in kg.__all__:
        assert getattr(kg, name) is not None, name
    with pytest.raises(AttributeError):
        _ = kg.no_such_name


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def locked(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(encoding="utf-8"), re.M):
        found.setdefault(name, set()).add(version)
    return found


def test_the_locks_pin_every_dependency_and_agree(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    run, build, dev = (locked(checkout / f"requirements{part}.lock") for part in ("", "-build", "-dev"))

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^A-Za-z0-9._-]", r)[0].lower() for r in requirements}

    assert names(project["project"]["dependencies"]) <= set(run)
    assert names(project["build-system"]["requires"]) <= set(build)
    assert names(project["dependency-groups"]["dev"]) <= set(dev)
    for other in (run, build):
        assert {n: v for n, v in other.items() if n in dev} == {n: v for n, v in dev.items() if n in other}
    assert set(run) <= set(dev)


def test_every_line_of_the_locks_has_a_hash(checkout: Path) -> None:
    for path in sorted(checkout.glob("requirements*.lock")):
        text = path.read_text(encoding="utf-8")
        for block in re.split(r"\n(?=\S)", text.strip()):
            if not block.startswith("#"):
                assert "--hash=sha256:" in block, block


def test_an_install_stays_light(checkout: Path) -> None:
    assert not {"torch", "tensorflow", "transformers", "scikit-learn", "pandas"} & set(
        locked(checkout / "requirements.lock")
    )
