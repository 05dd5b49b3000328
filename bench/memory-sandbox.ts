import { startSandbox } from '../src/sandbox/index.ts';
import { SANDBOX_KEY } from './http-calls.ts';
import { LARGE } from './large.ts';

/* The simulated LeadDyno of `bench/memory.ts`, in its own process, so that the server's memory is measured alone. */

const sandbox = await startSandbox({ key: SANDBOX_KEY, rateLimit: 0, ...(process.argv.includes('--large') && LARGE) });
// The sandbox keeps its requests for tests; here the list would only grow.
setInterval(() => sandbox.requests.splice(0), 1_000).unref();
console.log(JSON.stringify({ port: Number(new URL(sandbox.url).port) }));
