import { startSandbox } from '../src/sandbox/index.ts';
import { SANDBOX_KEY } from './http-calls.ts';
import { LARGE } from './large.ts';

/* The simulated LeadDyno of `bench/memory.ts`, a process of its own, so that what the server holds is seen alone. */

const sandbox = await startSandbox({ key: SANDBOX_KEY, rateLimit: 0, ...(process.argv.includes('--large') && LARGE) });
// It remembers its requests for tests; here they would only grow.
setInterval(() => sandbox.requests.splice(0), 1_000).unref();
console.log(JSON.stringify({ port: Number(new URL(sandbox.url).port) }));
