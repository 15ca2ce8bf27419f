/**
 * The program. A push waits for the hook and a pipeline for its command, so each loads its own part only, and the hook's is
 * one file (`.ci/build.js`).
 */
const [word, name = '', ...more] = process.argv.slice(2);
const isHook = word === 'hook' && more.length === 0 && /^[a-z]/.test(name);
await (isHook ? import('./main-hook.ts') : import('./main-command.ts'));

export {};
