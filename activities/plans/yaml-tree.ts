/** YAML with positions: parsed to a tree that remembers file, line and column of every key and value, and can be merged. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export type Tree =
  | { readonly type: 'scalar'; readonly at: Position; readonly value: unknown }
  | { readonly type: 'list'; readonly at: Position; readonly items: readonly Tree[] }
  | { readonly type: 'map'; readonly at: Position; readonly entries: ReadonlyMap<string, Entry> };
interface Entry {
  readonly keyAt: Position;
  readonly tree: Tree;
}

export interface YamlProblem {
  readonly at: Position;
  readonly fact: string;
}

/** More nodes than any plan has: an alias that unfolds into aliases is refused instead of filling the memory. */
const mostNodes = 20_000;

/** Parses one document. `file` is only a name for positions. Problems of syntax come back as data, all of them. */
export function parseYaml(text: string, file: string): { tree: Tree; problems: YamlProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    at: position(error.pos[0]),
    fact: error.message,
  }));
  const start = position(0);
  let nodes = 0;

  function build(node: Node | null, fallback: Position): Tree {
    const at = node?.range ? position(node.range[0]) : fallback;
    nodes += 1;
    if (nodes > mostNodes) {
      if (nodes === mostNodes + 1) problems.push({ at, fact: `the file unfolds to more than ${mostNodes} values` });
      return { type: 'scalar', at, value: null };
    }
    if (isAlias(node)) return build(node.resolve(document) ?? null, at);
    if (isSeq(node)) return { type: 'list', at, items: node.items.map((item) => build(item as Node | null, at)) };
    if (isMap(node)) {
      const entries = new Map<string, Entry>();
      for (const pair of node.items) {
        const key = pair.key as Node;
        const keyAt = key.range ? position(key.range[0]) : at;
        entries.set(String(isScalar(key) ? key.value : key), { keyAt, tree: build(pair.value as Node | null, keyAt) });
      }
      return { type: 'map', at, entries };
    }
    return { type: 'scalar', at, value: isScalar(node) ? node.value : null };
  }

  const tree = problems.length > 0 ? ({ type: 'map', at: start, entries: new Map() } as const) : undefined;
  return { tree: tree ?? build(document.contents, start), problems };
}

/** Maps merge key by key; lists and scalars of `over` replace. Positions stay those of where each value came from. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.type !== 'map' || over.type !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const there = entries.get(key);
    entries.set(key, there ? { keyAt: entry.keyAt, tree: mergeTrees(there.tree, entry.tree) } : entry);
  }
  return { type: 'map', at: base.at, entries };
}

export function toPlain(tree: Tree): unknown {
  if (tree.type === 'scalar') return tree.value;
  if (tree.type === 'list') return tree.items.map(toPlain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, toPlain(entry.tree)]));
}

/** Where a path stands, or the nearest place above it that exists. With `key`, the key's own place rather than the value's. */
export function positionOf(tree: Tree, path: readonly PropertyKey[], options: { key?: boolean } = {}): Position {
  let here = tree;
  let at = tree.at;
  for (const [depth, part] of path.entries()) {
    const last = depth === path.length - 1;
    if (here.type === 'map') {
      const entry = here.entries.get(String(part));
      if (!entry) return at;
      // A map or list of its own lines is shown by its key: that is where a person looks.
      at = (last && options.key) || entry.tree.type !== 'scalar' ? entry.keyAt : entry.tree.at;
      here = entry.tree;
    } else if (here.type === 'list') {
      const item = here.items[Number(part)];
      if (!item) return at;
      at = item.at;
      here = item;
    } else return at;
  }
  return at;
}
