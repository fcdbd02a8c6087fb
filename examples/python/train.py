"""A trainer without tfjs: any program that speaks the protocol (docs/protocol.md) is one. Standard library only.

It "trains" a number towards the best learning rate, checkpoints when it is told to, and resumes at the very step.
"""
import hashlib, json, os, signal, socket, sys, time

# SLURM signals every process of a step; the agent hears it, too, and says `notice`.
for name in (signal.SIGTERM, signal.SIGUSR1):
    signal.signal(name, signal.SIG_IGN)

channel = socket.socket(fileno=int(os.environ["TEMPORAL_SWEEP_FD"]))
lines = channel.makefile("r", encoding="utf-8")


def send(**message):
    channel.sendall((json.dumps(message) + "\n").encode())


def durable(path, text):
    """Write, fsync, rename, fsync the directory: after a crash the file is the old one or the new one."""
    with open(path + ".tmp", "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".tmp", path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def checkpoint(grant, step, value, reason):
    began, folder, text = time.time(), os.path.join(grant["directory"], "checkpoints"), json.dumps(value)
    os.makedirs(folder, exist_ok=True)
    name = f"step-{step:08d}.json"
    durable(os.path.join(folder, name), text)
    entry = dict(file=name, step=step, epoch=step // STEPS, batch=step % STEPS, bytes=len(text),
                 sha256=hashlib.sha256(text.encode()).hexdigest(), reason=reason)
    durable(os.path.join(folder, "latest.json"), json.dumps(dict(version=1, checkpoints=[entry])))
    send(type="checkpoint", milliseconds=(time.time() - began) * 1000, **entry)


STEPS, EPOCHS = 10, 20  # an epoch is ten steps
with open(os.environ["TEMPORAL_SWEEP_TRIAL"]) as file:
    rate = json.load(file)["hyperparameters"]["lr_max"]
send(type="ready", protocol=1, environment={"python": sys.version.split()[0]})

grant = json.loads(lines.readline())  # nothing is written or reported before it
resume = grant["resume"]
step, value = 0, 1.0
if resume:
    with open(resume["file"]) as file:
        step, value = resume["step"], json.load(file)
send(type="started", step=step, epoch=step // STEPS, batch=step % STEPS, warnings=[])

channel.setblocking(False)
notice = None
with open(os.path.join(grant["directory"], "metrics.jsonl"), "a") as rows:
    while step < STEPS * EPOCHS and notice is None:
        value, step = value * (1 - rate), step + 1
        time.sleep(0.02)
        send(type="progress", step=step, epoch=step // STEPS, batch=step % STEPS, batches=STEPS, metrics={"loss": value})
        if step % STEPS == 0:
            row = dict(step=step, epoch=step // STEPS, metrics={"loss": value})
            rows.write(json.dumps(row) + "\n")  # rows up to a checkpoint are durable before it
            rows.flush()
            os.fsync(rows.fileno())
            checkpoint(grant, step, value, "epoch")
            send(type="row", **row)
        try:
            received = channel.recv(65536)
            # No bytes: the agent is gone. Checkpoint and leave; the next segment has another directory.
            notice = json.loads(received.splitlines()[0]) if received else {"cause": "stop"}
        except BlockingIOError:
            pass

if notice is not None:
    checkpoint(grant, step, value, "notice")
    outcome = dict(status="interrupted", cause=notice["cause"], step=step, epoch=step // STEPS, batch=step % STEPS)
else:
    outcome = dict(status="completed", step=step, epoch=EPOCHS, metrics={"loss": value})
channel.setblocking(True)
send(type="outcome", outcome=outcome)
