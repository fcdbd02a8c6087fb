"""The peers behind one protocol: a line of JSON asks, a line of JSON answers.

`{"begin": peer, "space": {...}, "seed": 0}` → null, `{"ask": number}` → values by name, `{"tell": number, "value": 0.1}` → null,
`{"speed": peer, "observations": 1000, "asks": 20, "parameters": 8}` → milliseconds per ask and tell.
"""

import json
import sys
import time
import warnings

import numpy as np
import optuna

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def sampler_of(peer, seed):
    kinds = {"optuna-tpe": optuna.samplers.TPESampler, "optuna-gp": optuna.samplers.GPSampler}
    return kinds[peer](seed=seed)


def suggest(trial, name, given):
    kind = given["distribution"]
    if kind == "categorical":
        return trial.suggest_categorical(name, given["values"])
    if kind in ("int_uniform", "q_log_uniform_values"):
        return trial.suggest_int(name, given["min"], given["max"], log=kind != "int_uniform")
    return trial.suggest_float(name, given["min"], given["max"], log=kind == "log_uniform_values")


class Optuna:
    def __init__(self, peer, space, seed):
        self.study = optuna.create_study(sampler=sampler_of(peer, seed))
        self.space = space
        self.trials = {}

    def ask(self, number):
        trial = self.trials[number] = self.study.ask()
        return {name: suggest(trial, name, given) for name, given in self.space.items()}

    def tell(self, number, value):
        self.study.tell(self.trials.pop(number), value)


class Sweeps:
    """W&B's own engine."""

    def __init__(self, _peer, space, seed):
        import sweeps

        np.random.seed(seed)
        self.sweeps = sweeps
        parameters = {name: {k: v for k, v in given.items() if k != "integer"} for name, given in space.items()}
        metric = {"name": "loss", "goal": "minimize"}
        self.config = {"method": "bayes", "metric": metric, "parameters": parameters}
        self.runs = []

    def ask(self, number):
        run = self.sweeps.next_run(self.config, self.runs)
        run.state = self.sweeps.RunState.running
        self.runs.append(run)
        return {name: plain(each["value"]) for name, each in run.config.items()}

    def tell(self, number, value):
        run = self.runs[number - 1]
        run.state = self.sweeps.RunState.finished
        run.summary_metrics = {"loss": value}


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


def speed(peer, observations, asks, parameters):
    random = np.random.default_rng(0)
    distribution = optuna.distributions.FloatDistribution(0, 1)
    names = [f"x{index}" for index in range(parameters)]
    study = optuna.create_study(sampler=sampler_of(peer, 0))
    points = random.random((observations, parameters))
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=dict(zip(names, map(float, point))),
                distributions={name: distribution for name in names},
                value=float(np.sum((point - 0.3) ** 2)),
            )
            for point in points
        ]
    )
    taken = []
    for _ in range(asks):
        since = time.perf_counter()
        trial = study.ask()
        point = [trial.suggest_float(name, 0, 1) for name in names]
        study.tell(trial, sum((x - 0.3) ** 2 for x in point))
        taken.append(1000 * (time.perf_counter() - since))
    return taken


search = None
for line in sys.stdin:
    question = json.loads(line)
    answer = None
    if "begin" in question:
        create = Sweeps if question["begin"] == "wandb" else Optuna
        search = create(question["begin"], question["space"], question["seed"])
    elif "ask" in question:
        answer = search.ask(question["ask"])
    elif "tell" in question:
        search.tell(question["tell"], question["value"])
    else:
        answer = speed(question["speed"], question["observations"], question["asks"], question["parameters"])
    print(json.dumps(answer), flush=True)
