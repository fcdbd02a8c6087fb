"""Prints what Optuna's PED-ANOVA says of the trials of importance.test.ts, for the numbers in it.

    python3 -m venv venv && venv/bin/pip install "optuna==5.0.0"
    venv/bin/python optuna-importance.py
"""

import math

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import create_trial


def van_der_corput(index, base):
    factor, value = 1.0, 0.0
    while index > 0:
        factor /= base
        value += factor * (index % base)
        index //= base
    return value


DISTRIBUTIONS = {
    "a": FloatDistribution(0, 1),
    "b": FloatDistribution(1e-5, 1e-1, log=True),
    "c": CategoricalDistribution(["x", "y", "z"]),
    "n": IntDistribution(1, 7),
    "w": IntDistribution(0, 49),
}

study = optuna.create_study()
for index in range(1, 81):
    a, b, n, c, w = (van_der_corput(index, base) for base in (3, 5, 7, 11, 13))
    parameters = {
        "a": a,
        "b": math.exp(math.log(1e-5) + b * (math.log(1e-1) - math.log(1e-5))),
        "c": ["x", "y", "z"][math.floor(3 * c)],
        "n": 1 + math.floor(7 * n),
        "w": math.floor(50 * w),
    }
    value = (
        (a - 0.3) ** 2
        + 0.05 * abs(b - 0.6)
        + 0.02 * abs(parameters["n"] - 3)
        + {"x": 0.0, "y": 0.03, "z": 0.1}[parameters["c"]]
    )
    study.add_trial(create_trial(params=parameters, distributions=DISTRIBUTIONS, value=value))

importances = PedAnovaImportanceEvaluator().evaluate(study)
total = sum(importances.values())
print({name: value / total for name, value in importances.items()})
