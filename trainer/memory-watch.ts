/** Tensors that are never disposed: their number grows from epoch to epoch, until memory is full. */
const EPOCHS = 3;

/** @returns a function of the tensors alive after an epoch that returns one sentence, once, when they only ever grow. */
export function createMemoryWatch(): (tensors: number) => string | null {
  let before = Infinity;
  let growths = 0;
  let isTold = false;
  return (tensors) => {
    const growth = tensors - before;
    before = tensors;
    growths = growth > 0 ? growths + 1 : 0;
    if (growths < EPOCHS || isTold) return null;
    isTold = true;
    return (
      `tensors leak: ${EPOCHS} epochs in a row ended with more of them alive, now ${tensors}, ${growth} more than an ` +
      'epoch ago. Wrap what data, loss and metrics compute in tf.tidy, or dispose it'
    );
  };
}
