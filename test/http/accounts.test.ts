import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAccounts } from '../../src/hosting/accounts.ts';
import { createLeadDynoClock } from '../../src/leaddyno/clock.ts';
import { createConfirmations } from '../../src/mcp/confirmations.ts';
import { createPresent } from '../../src/mcp/present.ts';
import type { Services } from '../../src/mcp/services.ts';
import { createProcessLog } from '../../src/ports/change-log.ts';
import { createMemory } from '../../src/ports/memory.ts';
import { createPaymentMemory } from '../../src/ports/payment-memory.ts';
import { createWriteCounter } from '../../src/ports/write-counter.ts';
import { createReadings } from '../../src/workflows/reading/readings.ts';

afterEach(() => vi.useRealTimers());

const MINUTE = 60_000;
const request = { method: 'GET', path: '/affiliates/count' } as const;

/** Accounts whose calls end when the test says so. */
function setUp() {
  const opened: string[] = [];
  const closed: string[] = [];
  const ends: (() => void)[] = [];
  const accounts = createAccounts((key): Services => {
    opened.push(key);
    return {
      client: {
        send: () => new Promise((resolve) => ends.push(() => resolve(key))),
        close: async () => {
          closed.push(key);
        },
      },
      present: createPresent({ maskPii: false, showDashboardLinks: false, pseudonymKey: key }),
      confirmations: createConfirmations(),
      account: key,
      confirm: 'ask',
      formWaitMs: 45_000,
      readingMs: 800,
      dryRun: false,
      precheck: true,
      timeoutMs: 1_000,
      workflowMs: 1_000,
      requestsAMinute: 200,
      memory: createMemory(),
      writeCounter: createWriteCounter(),
      cache: undefined,
      readings: createReadings(key, undefined),
      changes: createProcessLog(),
      payments: createPaymentMemory(),
      recordable: (value) => value,
      served: new Set(),
      isSandbox: false,
      switchedOff: new Set(),
      now: Date.now,
      leaddynoClock: createLeadDynoClock(),
      page: async () => '',
      maxResultChars: 38_000,
      telemetry: { callEnded: () => undefined, confirmation: () => undefined, fault: () => undefined },
    };
  });
  return { accounts, opened, closed, ends };
}

describe('the accounts of callers', () => {
  it('are one for each key, kept while they are used', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { accounts, opened, closed } = setUp();
    const services = accounts.of('a');
    for (let minute = 0; minute < 30; minute += 5) {
      vi.setSystemTime(Date.now() + 5 * MINUTE);
      expect(accounts.of('a')).toBe(services);
      accounts.of(`other-${minute}`);
    }
    expect(accounts.of('b')).not.toBe(services);
    expect(opened.filter((key) => key === 'a')).toHaveLength(1);
    expect(closed).not.toContain('a');
  });

  it('are closed after ten minutes without a call', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { accounts, opened, closed } = setUp();
    accounts.of('a');
    vi.setSystemTime(Date.now() + 11 * MINUTE);
    accounts.of('b');
    expect(closed).toEqual(['a']);
    accounts.of('a');
    expect(opened).toEqual(['a', 'b', 'a']);
  });

  it('are a thousand at most: the longest unused goes first', () => {
    const { accounts, closed } = setUp();
    for (let index = 0; index < 1_000; index += 1) accounts.of(`key-${index}`);
    accounts.of('key-0');
    accounts.of('one');
    accounts.of('two');
    expect(closed).toEqual(['key-1', 'key-2']);
  });

  it('stay open while a call is under way, however many others come', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { accounts, closed, ends } = setUp();
    const { client } = accounts.of('busy');
    const running = client.send(request);
    for (let index = 0; index < 2_500; index += 1) accounts.of(`key-${index}`);
    vi.setSystemTime(Date.now() + 60 * MINUTE);
    accounts.of('late');
    expect(closed).not.toContain('busy');
    expect(accounts.of('busy').client).toBe(client);

    for (const end of ends) end();
    expect(await running).toBe('busy');
    vi.setSystemTime(Date.now() + 60 * MINUTE);
    accounts.of('later');
    expect(closed).toContain('busy');
  });

  it('all end with the server', async () => {
    const { accounts, opened, closed } = setUp();
    for (const key of ['a', 'b', 'c']) accounts.of(key);
    await accounts.close();
    expect(closed).toEqual(opened);
  });
});
