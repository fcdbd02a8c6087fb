"""Trains the MNIST example with Keras; prints the seconds of each epoch as JSON.

Arguments: `fit`, `eager` (tf.GradientTape without tf.function) or `first` (the first batch, then leave); the directory
with images.f32 and labels.u8; epochs; batch size; learning rate.
"""

import json
import math
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

mode, directory = sys.argv[1:3]
epochs, batch_size = map(int, sys.argv[3:5])
rate = float(sys.argv[5])
for kind in ["intra", "inter"]:
    threads = int(os.environ[f"TF_NUM_{kind.upper()}OP_THREADS"])
    getattr(tf.config.threading, f"set_{kind}_op_parallelism_threads")(threads)

images = np.fromfile(os.path.join(directory, "images.f32"), np.float32).reshape(-1, 28, 28, 1)
labels = np.fromfile(os.path.join(directory, "labels.u8"), np.uint8).astype(np.int32)
batches = math.ceil(len(images) / batch_size)

keras.utils.set_random_seed(0)
layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(3, 5, strides=2, activation="relu"),
        layers.Flatten(),
        layers.Dense(50, activation="relu"),
        layers.Dense(10),
    ]
)
optimizer = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(rate, epochs * batches))
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
seconds = []


class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.since = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds.append(time.perf_counter() - self.since)


def train_eagerly():
    """As tfjs trains: loss and accuracy of every batch, summed on the device and read once per epoch."""
    for _ in range(epochs):
        since = time.perf_counter()
        order = np.random.permutation(len(images))
        loss_sum, accuracy_sum = tf.constant(0.0), tf.constant(0.0)
        for begin in range(0, len(images), batch_size):
            rows = order[begin : begin + batch_size]
            inputs, expected = tf.constant(images[rows]), tf.constant(labels[rows])
            with tf.GradientTape() as tape:
                outputs = model(inputs, training=True)
                loss = loss_of(expected, outputs)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            hits = tf.equal(tf.argmax(outputs, -1, tf.int32), expected)
            loss_sum += loss * len(rows)
            accuracy_sum += tf.reduce_mean(tf.cast(hits, tf.float32)) * len(rows)
        result = float(loss_sum) / len(images)
        float(accuracy_sum)
        seconds.append(time.perf_counter() - since)
    return result


if mode == "eager":
    last = train_eagerly()
else:
    model.compile(optimizer, loss_of, metrics=["accuracy"])
    if mode == "first":
        model.train_on_batch(images[:batch_size], labels[:batch_size])
        print("first batch", flush=True)
        os._exit(0)
    last = model.fit(images, labels, batch_size, epochs, verbose=0, callbacks=[Clock()]).history["loss"][-1]

print(json.dumps({"seconds": seconds, "loss": last, "version": tf.__version__, "ended": "completed"}))
