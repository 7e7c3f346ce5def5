'use strict';

const { spawn } = require('node:child_process');

/**
 * Runs a Node program that prints a line of JSON for each piece of news, and calls `onNews` with each. One that says nothing for `patience`
 * milliseconds hangs, and is ended. Resolves with how it ended: { code, signal, hung, stderr }.
 */
function watched(program, args, patience, onNews) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args]);
    let rest = '';
    let stderr = '';
    let hung = false;
    let timer;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        hung = true;
        child.kill('SIGKILL');
      }, patience);
    };
    watch();
    child.stdout.on('data', (bytes) => {
      watch();
      const lines = (rest + bytes).split('\n');
      rest = lines.pop();
      for (const line of lines) onNews(JSON.parse(line));
    });
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, hung, stderr });
    });
  });
}

module.exports = { watched };
