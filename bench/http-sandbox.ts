import { startSandbox } from '../src/sandbox/index.ts';
import { AFFILIATES, SANDBOX_KEY } from './http-calls.ts';

/* The simulated LeadDyno of `bench/http.ts`, a process of its own: without a limit, and with little data to look through. */

const sandbox = await startSandbox({
  key: SANDBOX_KEY,
  rateLimit: 0,
  affiliates: AFFILIATES,
  leads: 50,
  purchases: 20,
  visitors: 50,
});
// It remembers its requests for tests; here they would only grow.
setInterval(() => sandbox.requests.splice(0), 1_000).unref();
console.log(JSON.stringify({ port: Number(new URL(sandbox.url).port) }));
