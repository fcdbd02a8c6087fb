"""Prints all runs that TensorBoard finds beneath a directory: their scalars by tag."""

import json
import sys

from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

multiplexer = EventMultiplexer().AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()
runs = {}
for run in sorted(multiplexer.Runs()):
    accumulator = multiplexer.GetAccumulator(run)
    runs[run] = {
        tag: [[event.step, round(event.tensor_proto.float_val[0] or 0, 4)] for event in accumulator.Tensors(tag)]
        for tag in accumulator.Tags()["tensors"]
        if tag.startswith("epoch/")
    }
print(json.dumps(runs))
