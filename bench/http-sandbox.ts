import { startSandbox } from '../src/sandbox/index.ts';
import { AFFILIATES, SANDBOX_KEY } from './http-calls.ts';

/* The simulated LeadDyno of `bench/http.ts`, in its own process, with no rate limit and little data to search. */

const sandbox = await startSandbox({
  key: SANDBOX_KEY,
  rateLimit: 0,
  affiliates: AFFILIATES,
  leads: 50,
  purchases: 20,
  visitors: 50,
});
// The sandbox keeps its requests for tests; here the list would only grow.
setInterval(() => sandbox.requests.splice(0), 1_000).unref();
console.log(JSON.stringify({ port: Number(new URL(sandbox.url).port) }));
