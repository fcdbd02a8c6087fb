"""Makes quantiles.json: what W&B's own engine answers, for quantiles.test.ts to compare with.

    python3 -m venv venv && venv/bin/pip install "sweeps==0.2.0" "numpy<2" "pydantic<2"
    venv/bin/python make-quantiles.py > quantiles.json
"""

import base64
import json
import struct
from itertools import groupby

from sweeps.grid_search import grid_search_next_runs
from sweeps.params import HyperParameter

POINTS = 1001

PARAMETERS = [
    {"min": 1, "max": 10},
    {"min": -7, "max": 1000},
    {"min": 0.0, "max": 1.0},
    {"distribution": "uniform", "min": 1, "max": 10},
    {"distribution": "uniform", "min": -2.5, "max": 1e6},
    {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.25},
    {"distribution": "q_uniform", "min": 0.0, "max": 10.5},
    {"distribution": "q_uniform", "min": 8, "max": 512, "q": 8},
    {"distribution": "log_uniform_values", "min": 1e-3, "max": 1e-1},
    {"distribution": "log_uniform_values", "min": 1e-12, "max": 1e9},
    {"distribution": "inv_log_uniform_values", "min": 1e-3, "max": 1e-1},
    {"distribution": "q_log_uniform_values", "min": 8, "max": 512, "q": 8},
    {"distribution": "q_log_uniform_values", "min": 0.1, "max": 100.0},
    {"distribution": "normal"},
    {"distribution": "normal", "mu": 5, "sigma": 0.1},
    {"distribution": "q_normal", "sigma": 3},
    {"distribution": "q_normal", "mu": 100, "sigma": 30, "q": 5},
    {"distribution": "log_normal", "mu": 0.5, "sigma": 0.7},
    {"distribution": "log_normal"},
    {"distribution": "q_log_normal", "mu": 2, "sigma": 1},
    {"distribution": "beta"},
    {"distribution": "beta", "a": 2, "b": 5},
    {"distribution": "beta", "a": 0.5, "b": 0.5},
    {"distribution": "beta", "a": 0.05, "b": 30.0},
    {"distribution": "beta", "a": 200, "b": 100},
    {"distribution": "q_beta", "a": 2, "b": 5, "q": 0.1},
    {"distribution": "q_beta", "a": 2, "b": 3},
    {"distribution": "log_uniform", "min": -2, "max": 2},
    {"distribution": "log_uniform", "min": -30.5, "max": 11.25},
    {"distribution": "inv_log_uniform", "min": 1, "max": 3},
    {"distribution": "q_log_uniform", "min": 0, "max": 5, "q": 2},
    {"distribution": "q_log_uniform", "min": 0.5, "max": 3.5},
    {"values": [3]},
    {"values": ["a", 2, 2.5, True, None]},
    {"values": ["a", "b", "c"], "probabilities": [0.2, 0.5, 0.3]},
    {"value": {"a": [1, 2]}},
]

GRIDS = [
    {"b": {"values": [1, 2, 3]}, "a": {"values": ["x", "y"]}},
    {"n": {"min": 3, "max": 6}, "c": {"value": 7}, "q": {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.1}},
    {"q": {"distribution": "q_uniform", "min": 1, "max": 10, "q": 3}},
    {"q": {"distribution": "q_uniform", "min": 0.05, "max": 2.0}},
    {"v": {"values": [1, 2, 1, 3, 2]}},
]


def plain(value):
    return value.item() if hasattr(value, "item") else value


def at(index):
    """From the middle of one thousand and one equal parts; 1e-12 and 1 - 1e-12 at the ends."""
    return 1e-12 if index == 0 else 1 - 1e-12 if index == POINTS - 1 else (index + 0.5) / POINTS


def quantiles(config):
    parameter = HyperParameter("p", dict(config))
    values = [plain(parameter.ppf(at(index))) for index in range(POINTS)]
    runs = [[value, len(list(group))] for value, group in groupby(values)]
    # As text: JSON.parse would make no difference between 1 and 1.0.
    entry = {"yaml": json.dumps(config), "python": type(values[0]).__name__, "type": parameter.type, "filled": parameter.config}
    if len(runs) < POINTS or entry["python"] != "float":
        return {**entry, "runs": runs}
    floats = base64.b64encode(struct.pack(f"<{POINTS}d", *values)).decode()
    return {**entry, "floats": floats, "cdf": [[value, plain(parameter.cdf(value))] for value in values[50::100]]}


def grid(parameters):
    config = {"method": "grid", "parameters": parameters}
    runs = grid_search_next_runs([], config, n=10_000)
    rows = [{name: entry["value"] for name, entry in run.config.items()} for run in runs if run is not None]
    return {"yaml": json.dumps(parameters), "rows": rows}


document = {
    "made by": "make-quantiles.py with sweeps 0.2.0",
    "points": POINTS,
    "quantiles": [quantiles(config) for config in PARAMETERS],
    "grids": [grid(parameters) for parameters in GRIDS],
}
print("{")
for index, (key, value) in enumerate(document.items()):
    comma = "," if index < len(document) - 1 else ""
    if isinstance(value, list):
        lines = ",\n".join("  " + json.dumps(item, separators=(",", ":")) for item in value)
        print(f' "{key}": [\n{lines}\n ]{comma}')
    else:
        print(f' "{key}": {json.dumps(value)}{comma}')
print("}")
