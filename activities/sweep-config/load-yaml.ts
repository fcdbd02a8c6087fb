/**
 * Text to located values, by YAML 1.2 core. Bounded: aliases are expanded at most `MAX_VALUES` values wide and
 * `MAX_DEPTH` deep, so that a small file cannot fill the memory.
 */
import { type ParsedNode, isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { type Entry, type LocatedValue, type Mapping, type Report, join } from './located.ts';
import type { Place } from './problem.ts';

const MAX_VALUES = 100_000;
const MAX_DEPTH = 50;
const INTEGER = /^[-+]?(0x[0-9a-f]+|0o[0-7]+|[0-9]+)$/i;

/** Stops the walk; its message is the one problem to show. */
class Unusable extends Error {}

/** Null when the text cannot be used at all; the reasons are in the report. */
export function loadYaml(text: string, report: Report): LocatedValue | null {
  const root = (message: string, place: Place | null = null) => report.problem({ path: '', place }, message);
  try {
    const lines = new LineCounter();
    // Uniqueness of keys is checked below, in linear time.
    const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
    const [document] = documents;
    if (document === undefined || !('contents' in document) || document.contents === null) {
      root('is empty. A sweep needs at least "method" and "parameters".');
      return null;
    }
    if (documents.length > 1) root('holds several YAML documents (separated by ---). Keep one sweep per file.');
    for (const fault of [...document.errors, ...document.warnings]) {
      const { line, col } = lines.linePos(fault.pos[0]);
      root(notYaml(fault.message), { line, column: col });
    }
    if (report.problems.length > 0) return null;
    return locate(document.contents as ParsedNode, lines, report);
  } catch (error) {
    if (error instanceof Unusable) root(error.message);
    else root(notYaml(error instanceof Error ? error.message : String(error)));
    return null;
  }
}

/** The parser descends by recursion, and tells of its own overflow as of any other fault. */
function notYaml(message: string): string {
  if (message.includes('call stack')) return `nests too deeply (more than ${MAX_DEPTH} levels are refused).`;
  return `is not valid YAML: ${message.length > 200 ? `${message.slice(0, 200)}…` : message}.`;
}

function locate(contents: ParsedNode, lines: LineCounter, report: Report): LocatedValue {
  const anchors = new Map<string, ParsedNode>();
  let values = 0;

  const placeOf = (node: ParsedNode): Place | null => {
    const { line, col } = lines.linePos(node.range[0]);
    return line === 0 ? null : { line, column: col };
  };

  const visit = (node: ParsedNode, path: string, depth: number, use: Place | null): LocatedValue => {
    values += 1;
    if (values > MAX_VALUES) throw new Unusable(`expands to more than ${MAX_VALUES} values (repeated aliases?).`);
    if (depth > MAX_DEPTH)
      throw new Unusable(`nests more than ${MAX_DEPTH} levels deep at ${path} (an alias to itself?).`);
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) throw new Unusable(`the alias *${node.source} at ${path} has no anchor before it.`);
      return visit(target, path, depth + 1, use ?? placeOf(node));
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    const place = use ?? placeOf(node);
    if (isMap(node)) return mapping(node.items as MapItem[], path, depth, place, use);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => visit(item as ParsedNode, join(path, index), depth + 1, use));
      return { kind: 'list', items, path, place };
    }
    return scalar(node, path, place);
  };

  const mapping = (items: MapItem[], path: string, depth: number, place: Place | null, use: Place | null): Mapping => {
    const entries = new Map<string, Entry>();
    const merged: Mapping[] = [];
    for (const { key, value } of items) {
      const keyPlace = use ?? placeOf(key);
      if (!isScalar(key)) throw new Unusable(`has a key that is no plain name, in ${path || 'the top level'}.`);
      if (key.anchor !== undefined) anchors.set(key.anchor, key);
      const name = key.value === null ? '' : String(key.source ?? key.value);
      if (name === '<<' && key.type === 'PLAIN') {
        const base = value === null ? null : visit(value, join(path, '<<'), depth + 1, use);
        for (const item of base?.kind === 'list' ? base.items : [base]) if (item?.kind === 'mapping') merged.push(item);
        continue;
      }
      const here = join(path, name);
      if (entries.has(name)) report.problem({ path: here, place: keyPlace }, 'stands here twice. Keep one of the two.');
      const inner: LocatedValue =
        value === null
          ? { kind: 'scalar', value: null, float: false, source: '', plain: true, path: here, place: keyPlace }
          : visit(value, here, depth + 1, use);
      entries.set(name, { key: keyPlace, value: inner });
    }
    for (const base of merged)
      for (const [name, entry] of base.entries) if (!entries.has(name)) entries.set(name, entry);
    return { kind: 'mapping', entries, path, place };
  };

  const scalar = (node: ParsedNode, path: string, place: Place | null): LocatedValue => {
    const value: unknown = isScalar(node) ? node.value : undefined;
    const source = isScalar(node) ? String(node.source ?? '') : '';
    if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
      const float = typeof value === 'number' && (!INTEGER.test(source) || node.tag === 'tag:yaml.org,2002:float');
      const plain = isScalar(node) && node.type === 'PLAIN' && node.tag === undefined;
      return { kind: 'scalar', value, float, source, plain, path, place };
    }
    throw new Unusable(`${path} is neither text, number, true, false nor null.`);
  };

  return visit(contents, '', 0, null);
}

interface MapItem {
  readonly key: ParsedNode;
  readonly value: ParsedNode | null;
}
