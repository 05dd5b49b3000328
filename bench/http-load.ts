import { Client } from 'undici';
import type { Call, MakeCall } from './http-calls.ts';

/** What one slice of load measured. Times in milliseconds. */
export interface Measured {
  readonly calls: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** When a slice ends: after a number of milliseconds, or of calls. */
export type Until = { readonly ms: number } | { readonly calls: number };

export interface Load {
  readonly run: (clients: number, until: Until) => Promise<Measured>;
  readonly close: () => Promise<void>;
}

/** Clients of one server, each on its own connection. Each sends its next call as soon as the last is answered. */
export function createLoad(origin: string, makeCall: MakeCall): Load {
  const connections: Client[] = [];
  let number = 0;

  async function callOn(client: Client, latencies: number[]): Promise<void> {
    number += 1;
    const call = makeCall(number);
    const began = performance.now();
    const problem = await exchange(client, call);
    latencies.push(performance.now() - began);
    if (problem) throw new Error(`${origin}${call.path} answered ${problem}`);
  }

  return {
    async run(clients, until) {
      while (connections.length < clients) connections.push(new Client(origin));
      const latencies: number[] = [];
      const first = number;
      const began = performance.now();
      const goesOn = 'ms' in until ? () => performance.now() - began < until.ms : () => number - first < until.calls;
      await Promise.all(
        connections.slice(0, clients).map(async (client) => {
          while (goesOn()) await callOn(client, latencies);
        }),
      );
      const seconds = (performance.now() - began) / 1000;
      latencies.sort((a, b) => a - b);
      const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
      return { calls: latencies.length, perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
    },
    async close() {
      await Promise.all(connections.map((client) => client.destroy()));
    },
  };
}

/** Sends one call and reads its answer. @returns what is wrong with the answer, if anything */
function exchange(client: Client, call: Call): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const chunks: Buffer[] = [];
    client.dispatch(call, {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        const answer = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
        const wrong = status !== 200 || answer.includes('"isError":true') || answer.includes('"error":{');
        resolve(wrong ? `${status} ${answer.toString('utf8', 0, 300)}` : undefined);
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    });
  });
}
