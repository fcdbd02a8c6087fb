/**
 * TensorFlow's Event message as far as it is needed. Field numbers are those of event.proto, summary.proto and the
 * HParams plugin's plugin_data.proto. Pure.
 */
import type { Hyperparameter, Hyperparameters } from '../protocol.ts';
import { double, float, nested, varint } from './protobuf.ts';

/** An Event without its wall time: what is a function of the rows alone. */
export type EventBody = Buffer;

/** The first event of every file. */
export const FILE_VERSION: EventBody = nested(3, 'brain.Event:2');

/** @param values by tag; TensorBoard keeps single precision */
export function scalars(step: number, values: readonly (readonly [tag: string, value: number])[]): EventBody {
  const summary = values.map(([tag, value]) => nested(1, nested(1, tag), float(2, value)));
  return Buffer.concat([varint(2, step), nested(5, ...summary)]);
}

/** What makes a run a row of the HParams table. Nested names are joined by dots, lists are JSON, null is left out. */
export function sessionStart(hyperparameters: Hyperparameters): EventBody {
  const entries = flatten(hyperparameters).map(([name, value]) => nested(1, nested(1, name), nested(2, value)));
  const pluginData = nested(1, 'hparams');
  const content = nested(2, varint(1, 0), nested(3, ...entries));
  const metadata = nested(9, nested(1, pluginData, content));
  // A float tensor of shape [0]: the plugin reads the metadata, its loader wants a value.
  const empty = nested(8, varint(1, 1), nested(2, nested(2)));
  return nested(5, nested(1, nested(1, '_hparams_/session_start_info'), metadata, empty));
}

/** @param seconds since 1970 */
export const atTime = (seconds: number, body: EventBody): Buffer => Buffer.concat([double(1, seconds), body]);

/** @returns the body of an event that {@link atTime} made. */
export const withoutTime = (event: Buffer): EventBody => event.subarray(9);

// --- internal ---

/** google.protobuf.Value */
function valueOf(value: string | number | boolean): Buffer {
  if (typeof value === 'number') return double(2, value);
  return typeof value === 'boolean' ? varint(4, Number(value)) : nested(3, value);
}

function flatten(values: Readonly<Record<string, Hyperparameter>>, prefix = ''): [string, Buffer][] {
  return Object.entries(values).flatMap(([name, value]): [string, Buffer][] => {
    if (value === null) return [];
    if (Array.isArray(value)) return [[prefix + name, valueOf(JSON.stringify(value))]];
    return typeof value === 'object' ? flatten(value, `${prefix}${name}.`) : [[prefix + name, valueOf(value)]];
  });
}
