'use strict';

// The folders of js/ are layers: a file uses its own folder and those further down, and no two files need each other, not even
// for a type. js/index.ts only re-exports: what is not there is not public.

const fs = require('node:fs');
const path = require('node:path');
const { root, files } = require('../steps');

/** From the top. What stands in one line is side by side: neither uses the other. */
const DOWN = [
  ['index.ts', 'cli', 'adapters'],
  ['host.ts', 'component.ts', 'client', 'serve', 'wasm', 'wasi-nn'],
  ['openai', 'guest'],
  ['model'],
  ['layers', 'chat'],
  ['options'],
  ['engine'],
  ['portable'],
];
/** What runs in pages uses nothing that does not. */
const ONLY = { client: ['portable'] };

const levelOf = (layer) => DOWN.findIndex((layers) => layers.includes(layer));
/** js/engine/binding.ts -> engine; js/host.ts -> host.ts */
const layerOf = (file) => file.split('/')[1];

/** The files of js/ that a file's imports, exports and require() name. */
function uses(file, all, text) {
  const found = [];
  for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*'(\.[^']*)'/g)) {
    const stem = path.posix.join(path.posix.dirname(file), specifier.replace(/\.m?js$/, ''));
    const used = [`${stem}.ts`, `${stem}.mts`, `${stem}/index.ts`, `${stem}/index.mts`].find((name) => all.has(name));
    if (used) found.push(used);
    else if (!stem.startsWith('index.node')) found.push(undefined);
  }
  return found;
}

/** One circle of the graph as a list of files, or undefined. */
function circle(graph) {
  const done = new Set();
  const walk = (file, trail) => {
    const at = trail.indexOf(file);
    if (at >= 0) return [...trail.slice(at), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file)) {
      const found = walk(next, [...trail, file]);
      if (found) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = walk(file, []);
    if (found) return found;
  }
  return undefined;
}

/** `sources`: file -> text, for a trial; else what is in js/. */
function checkLayers(sources) {
  const problems = [];
  const texts =
    sources ??
    new Map(files('js', '.ts', '.mts').map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8')]));
  const graph = new Map();
  for (const [file, text] of texts) {
    const layer = layerOf(file);
    const level = levelOf(layer);
    if (level < 0) problems.push(`${file}: ${layer} has no place in the order (scripts/lint/layers.js)`);
    const used = uses(file, texts, text);
    if (used.includes(undefined)) problems.push(`${file}: names a file that this check does not find`);
    graph.set(file, used.filter(Boolean));
    for (const other of graph.get(file).map(layerOf)) {
      if (other === layer || level < 0) continue;
      if (ONLY[layer] && !ONLY[layer].includes(other))
        problems.push(`${file}: uses ${other}; ${layer} may use ${ONLY[layer]}`);
      else if (levelOf(other) <= level) problems.push(`${file}: uses ${other}, which is not further down`);
    }
  }
  const round = circle(graph);
  if (round) problems.push(`these files need each other: ${round.join(' -> ')}`);

  const rest = (texts.get('js/index.ts') ?? '').replace(/export (?:type )?\{[^}]*\} from '[^']*';\s*/g, '').trim();
  if (rest) problems.push(`js/index.ts only re-exports; there is \`${rest.split('\n')[0]}\``);
  if ([...graph.values()].flat().length === 0)
    problems.push('no import of another file was seen: this check reads nothing');
  return problems;
}

module.exports = { checkLayers };
