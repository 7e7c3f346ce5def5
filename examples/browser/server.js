'use strict';

// The page of this folder, and the models behind it.
// Usage: npm run browser [-- model.gguf ...]      REALM_PORT: the port (default 8080)

const fs = require('node:fs');
const path = require('node:path');
const { serve } = require('../../dist/serve');

const root = path.join(__dirname, '../..');
const FILES = {
  '/': 'examples/browser/index.html',
  '/page.js': 'examples/browser/page.js',
  '/page.css': 'examples/browser/page.css',
  '/guest.js': 'examples/browser/guest.js',
  '/guests/c.wasm': 'examples/guests/c/paris.wasm',
  '/guests/assemblyscript.wasm': 'examples/guests/assemblyscript/raw.wasm',
};
const TYPES = {
  ...{ html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', wasm: 'application/wasm' },
  ...{ js: 'text/javascript; charset=utf-8', mjs: 'text/javascript; charset=utf-8' },
};

function onRequest({ url, method }, response) {
  const asked = new URL(url, 'http://host').pathname;
  const client = /^\/realm((?:\/\w+)+\.m?js)$/.exec(asked)?.[1]; // the package's files for pages
  const name = Object.hasOwn(FILES, asked) ? FILES[asked] : client && `dist/web${client}`;
  const file = name && path.join(root, name);
  if (method !== 'GET' || !file || !fs.existsSync(file)) return response.writeHead(404).end();
  response.setHeader('Content-Type', TYPES[name.split('.').pop()]);
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:; worker-src 'self' blob:; base-uri 'none'",
  );
  response.end(fs.readFileSync(file));
}

/** Tiny Atlas and the files given, under their names. */
function start(files, port) {
  const models = { 'Tiny Atlas': path.join(root, 'models/tiny-atlas-q4_k_m.gguf') };
  for (const file of files) models[path.basename(file, '.gguf')] = path.resolve(file);
  return serve({ models, port, onRequest, isolate: true });
}

module.exports = { onRequest, start };
