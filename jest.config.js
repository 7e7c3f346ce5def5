'use strict';

module.exports = {
  testMatch: ['<rootDir>/test/*.test.js'],
  testEnvironment: 'node',
  transform: {}, // the tests are plain JavaScript, and test what is built
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/native/'],
  maxWorkers: 1, // the engine takes all processors itself, and some tests look at the clock
  testTimeout: 300_000,
  watchman: false,
};
