"""A trainer that knows nothing of temporal-sweep: it takes arguments and prints a line of JSON now and then."""
import argparse
import json
import time

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--epochs", type=int)
args = parser.parse_args()

loss = 1.0
for epoch in range(1, args.epochs + 1):
    loss *= 1 - args.lr
    time.sleep(0.1)
    print(json.dumps({"loss": loss, "epoch": epoch}), flush=True)
