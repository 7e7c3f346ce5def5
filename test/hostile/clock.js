'use strict';

// Time that a piece of work took of its own: what its threads stood in the queue for a processor is the machine's load, not the work's. What waits
// without being ready to run (for a lock, a timer, a disk) counts whole.

const fs = require('node:fs');

/** Milliseconds for which threads of this process were ready and did not run: { thread: milliseconds }; {} where the system does not tell. */
function queued() {
  const waits = {};
  for (const thread of fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task') : [])
    try {
      waits[thread] = Number(fs.readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
    } catch {
      // The thread has ended, or the system keeps no account.
    }
  return waits;
}

/** Begins; the function that it gives tells the milliseconds since then. */
function clock() {
  const before = queued();
  const began = performance.now();
  return () => {
    const passed = performance.now() - began;
    const waited = Object.entries(queued()).reduce((sum, [thread, wait]) => sum + wait - (before[thread] ?? 0), 0);
    return Math.max(0, passed - waited);
  };
}

module.exports = { clock };
