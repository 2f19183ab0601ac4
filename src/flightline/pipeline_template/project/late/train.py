"""Train on the flights before the judged days."""

import json
from pathlib import Path

from late.data import FIRST_JUDGED_DAY, read_flights
from late.model import fit

if __name__ == "__main__":
    model = fit(flight for flight in read_flights() if flight["day"] < FIRST_JUDGED_DAY)
    Path("artifacts").mkdir(exist_ok=True)
    Path("artifacts/model.json").write_text(json.dumps(model, indent=1), encoding="utf-8")
    print(f"{len(model['rates'])} rates")
