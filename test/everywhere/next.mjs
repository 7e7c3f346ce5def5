// Builds a Next.js app with one route, starts it as it would be deployed (`output: 'standalone'`), asks the route, prints what it answers.
// Run by scripts/everywhere.js, in the app's folder.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', HOSTNAME: '127.0.0.1' };
const built = spawnSync('node_modules/.bin/next', ['build'], { env, encoding: 'utf8' });
if (built.status !== 0) {
  console.error(built.stdout, built.stderr);
  process.exit(1);
}

const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address();
probe.close();
const app = spawn(process.execPath, ['server.js'], {
  cwd: '.next/standalone',
  env: { ...env, PORT: String(port) },
  stdio: ['ignore', 'inherit', 'inherit'],
});
try {
  for (let tries = 0; ; tries++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/paris`);
      if (!response.ok) throw new Error(`the route answered ${response.status}: ${await response.text()}`);
      console.log(JSON.stringify(await response.json()));
      break;
    } catch (error) {
      if (tries === 100 || error.cause?.code !== 'ECONNREFUSED') throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
} finally {
  app.kill();
}
