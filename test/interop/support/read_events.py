"""Prints what TensorBoard reads from the directory of a trial's curves: scalars by run and tag, hyperparameters."""

import json
import os
import sys

from google.protobuf.json_format import MessageToDict
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata


def read(run):
    accumulator = EventAccumulator(os.path.join(sys.argv[1], run), size_guidance={"scalars": 0})
    accumulator.Reload()
    return accumulator


runs = {}
for run in ["train", "validation"]:
    events = read(run)
    runs[run] = {
        tag: [[event.step, event.value, event.wall_time] for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }
content = read("").SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
session = metadata.parse_session_start_info_plugin_data(content)
print(json.dumps({"runs": runs, "hyperparameters": MessageToDict(session)["hparams"]}))
