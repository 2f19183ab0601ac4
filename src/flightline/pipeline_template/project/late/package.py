"""Put the code and the model that passed into one file that runs by itself."""

import shutil
import tempfile
import zipapp
from pathlib import Path

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "late"
        package.mkdir()
        for source in ("late/__init__.py", "late/model.py", "late/app.py", "artifacts/model.json"):
            shutil.copy(source, package)
        zipapp.create_archive(folder, "artifacts/late.pyz", main="late.app:main")
