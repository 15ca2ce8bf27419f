/**
 * Runs `npm run check` as its two parts and ends with a tally line, as .ci/run wants it.
 *
 * Usage: node .ci/check-sources.js
 */
import { spawnSync } from 'node:child_process';

const PARTS = ['check:types', 'check:style'];

const failed = PARTS.filter((part) => spawnSync('npm', ['run', '--silent', part], { stdio: 'inherit' }).status !== 0);
for (const part of PARTS) process.stdout.write(`${failed.includes(part) ? 'FAIL' : 'ok  '} ${part}\n`);
process.stdout.write(`\n${PARTS.length - failed.length} passed, ${failed.length} failed\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
