/** Python's way of printing values: what a W&B agent would put on the command line. */
import type { Json } from '../../workflows/messages.ts';

/** `str(value)`: text is bare at the top and quoted inside lists and mappings. */
export function pythonText(value: Json, floats: boolean): string {
  return typeof value === 'string' ? value : pythonRepr(value, () => floats);
}

/** @param isFloat whether the numbers beneath a key path are floats in Python. */
export function pythonRepr(value: Json, isFloat: (path: string) => boolean, path = ''): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value, isFloat(path));
  if (typeof value === 'string') return quoted(value);
  if (isList(value)) return `[${value.map((item) => pythonRepr(item, isFloat, path)).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([key, inner]) => `${quoted(key)}: ${pythonRepr(inner, isFloat, path === '' ? key : `${path}/${key}`)}`,
  );
  return `{${entries.join(', ')}}`;
}

/** `json.dumps(value)`: spaces after commas and colons, ASCII only. */
export function pythonJson(value: Json, isFloat: (path: string) => boolean, path = ''): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return pythonNumber(value, isFloat(path));
  if (typeof value === 'string') return ascii(JSON.stringify(value));
  if (isList(value)) return `[${value.map((item) => pythonJson(item, isFloat, path)).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([key, inner]) =>
      `${ascii(JSON.stringify(key))}: ${pythonJson(inner, isFloat, path === '' ? key : `${path}/${key}`)}`,
  );
  return `{${entries.join(', ')}}`;
}

/** `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on. */
export function pythonNumber(value: number, float: boolean): string {
  if (!float && Number.isSafeInteger(value)) return String(value + 0);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const text = String(value);
  // Between those bounds JS writes the same digits, but whole numbers without a point.
  return text.includes('.') ? text : `${text}.0`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const ascii = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** `repr(str)`: single quotes unless the text has some and no double ones. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = [...text].map((character) => {
    if (character === '\\' || character === quote) return `\\${character}`;
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    const code = character.codePointAt(0)!;
    return code < 32 || (code >= 127 && code < 161) ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  });
  return quote + escaped.join('') + quote;
}
