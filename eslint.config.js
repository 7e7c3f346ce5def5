'use strict';

const js = require('@eslint/js');
const globals = require('globals');
const typescript = require('typescript-eslint');

module.exports = typescript.config(
  { ignores: ['build/', 'dist/', 'native/', 'node_modules/', 'bench/peers/', 'examples/guests/', '**/*.d.ts'] },
  js.configs.recommended,
  {
    files: ['js/**/*.ts', 'js/**/*.mts'],
    extends: [typescript.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: 'error',
      // A signal's reason is whatever the user gave to abort(): it is passed on as it is.
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs', globals: globals.node },
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-unused-vars': ['error', { caughtErrors: 'none' }],
      'no-empty': ['error', { allowEmptyCatch: true }],
    },
  },
  { files: ['**/*.mjs'], languageOptions: { globals: globals.node } },
  { files: ['test/**/*.js'], languageOptions: { globals: globals.jest } },
  // What stands in a page, or is handed to one as a function.
  {
    files: ['examples/browser/page.js', 'examples/browser/guest.js'],
    languageOptions: { sourceType: 'module', globals: globals.browser },
  },
  { files: ['test/browser.test.js'], languageOptions: { globals: globals.browser } },
);
