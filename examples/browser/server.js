'use strict';

// The page of this folder, and the models behind it.
// Usage: npm run browser [-- model.gguf ...]      REALM_PORT: the port (default 8080)

const fs = require('node:fs');
const path = require('node:path');
const { serve } = require('../../dist/serve');

const root = path.join(__dirname, '../..');
const FILES = { '/': 'index.html', '/page.js': 'page.js', '/page.css': 'page.css' };
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript', mjs: 'text/javascript' };

function onRequest({ url, method }, response) {
  const asked = new URL(url, 'http://host').pathname;
  const client = /^\/client\/\w+\.mjs$/.test(asked) ? path.join(root, 'dist', asked) : undefined;
  const file = Object.hasOwn(FILES, asked) ? path.join(__dirname, FILES[asked]) : client;
  if (method !== 'GET' || !file || !fs.existsSync(file)) return response.writeHead(404).end();
  response.setHeader('Content-Type', `${TYPES[file.split('.').pop()]}; charset=utf-8`);
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
  return serve({ models, port, onRequest });
}

module.exports = { start };
