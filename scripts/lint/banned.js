'use strict';

// What must not stand in the engine (it would end or disturb the host process, or not survive NativeAOT), and marks of
// unfinished work anywhere.

const fs = require('node:fs');
const path = require('node:path');
const { root, files } = require('../steps');

const ENGINE = {
  'Environment.(Exit|FailFast)': /\bEnvironment\.(Exit|FailFast)\b/,
  'Console (standard output belongs to the host)': /\bConsole\.\w/,
  'Process (installs a SIGCHLD handler)': /\bProcess\.Start\b|\bnew Process\b/,
  PosixSignalRegistration: /\bPosixSignalRegistration\b/,
  'the thread pool and tasks':
    /\bThreadPool\.|\bTask\.(Run|Factory|Delay)\b|\basync (void|Task|ValueTask)\b|\bParallel\.(For|Invoke)/,
  'Regex (backtracks, and needs reflection)': /\bnew Regex\b|\bRegex\.\w/,
  reflection: /\busing System\.Reflection\b|\bActivator\.CreateInstance\b/,
};
const MARKS = {
  'a mark of unfinished work': new RegExp(
    ['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK', 'X' + 'XX', 'Not' + 'Implemented'].map((word) => `\\b${word}`).join('|'),
  ),
};

/** Without comments and string literals. */
const code = (text) =>
  text
    .replace(/\/\/[^\n]*/g, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');

function checkBanned() {
  const problems = [];
  const look = (list, strip, patterns) => {
    for (const file of list) {
      const text = strip(fs.readFileSync(path.join(root, file), 'utf8'));
      for (const [what, pattern] of Object.entries(patterns)) {
        const match = pattern.exec(text);
        if (match) problems.push(`${file}: ${what}: \`${match[0]}\``);
      }
    }
  };
  look(files('managed', '.cs'), code, ENGINE);
  const all = [
    ...files('managed', '.cs'),
    ...files('test', '.cs', '.js', '.mjs'),
    ...files('addon', '.cc', '.h'),
    ...files('js', '.ts', '.mts'),
    ...files('scripts', '.js'),
    ...files('examples', '.js'),
  ];
  look(all, (text) => text, MARKS);
  return problems;
}

module.exports = { checkBanned };
