'use strict';

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/**
 * Puts a table into one of our guides, between the lines `<!-- name -->` and `<!-- /name -->`; what stood there goes.
 *
 * @param {string} guide README.md or docs/...
 * @param {string[][]} rows the first one is the heading; columns after the first are set right
 */
function writeTable(guide, name, caption, rows) {
  const file = path.join(root, guide);
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const text = fs.readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no lines ${begin} and ${end}`);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const [head, ...body] = rows;
  const rule = line(head.map((_, i) => (i ? '---:' : '---')));
  const table = [begin, '', `${caption}:`, '', line(head), rule, ...body.map(line), '', ''].join('\n');
  fs.writeFileSync(file, text.slice(0, from) + table + text.slice(to));
}

/** A line of a table for the terminal: the first cell set left in `first` columns, the others right in `other`. */
const alignedLine = (cells, first, other) =>
  cells.map((cell, i) => (i ? cell.padStart(other) : cell.padEnd(first))).join('');

module.exports = { writeTable, alignedLine };
