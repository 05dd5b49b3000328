import { describe, expect, test, vi } from 'vitest';
import { LeadDynoError } from '../../src/leaddyno/errors.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { answerJson, connect, failureOf, startUpstream, until } from './upstream.ts';

const write = { method: 'POST', path: '/leads', body: {} } as const;
const read = { method: 'GET', path: '/leads' } as const;

const startSilent = () => startUpstream(() => undefined);
const startSlow = (ms: number) => startUpstream((response) => setTimeout(() => answerJson(response, { ok: true }), ms));

describe('the deadline', () => {
  test('ends the wait for an answer and closes the socket; a write may have happened', async () => {
    const upstream = await startSilent();
    const { client } = connect(upstream.url, { timeoutMs: 500 });
    expect(await failureOf(client.send(write))).toMatchObject({
      reason: 'timeout',
      fate: 'unknown',
      message: 'LeadDyno did not answer within 500 ms',
    });
    await until(() => upstream.abandoned() === 1);
  });

  test('ends an answer that does not end', async () => {
    const upstream = await startUpstream((response) => response.write('[1,'));
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send(read, { timeoutMs: 500 }))).toMatchObject({ reason: 'timeout' });
    await until(() => upstream.abandoned() === 1);
  });

  test('of a call is its own', async () => {
    const upstream = await startSlow(100);
    const { client } = connect(upstream.url, { timeoutMs: 20 });
    expect(await client.send(read, { timeoutMs: 5_000 })).toEqual({ ok: true });
  });

  test('covers all attempts together', async () => {
    const upstream = await startUpstream((response, _request, count) => {
      if (count === 1) answerJson(response, {}, 500);
    });
    const { client } = connect(upstream.url);
    expect(await failureOf(client.send(read, { timeoutMs: 800 }))).toMatchObject({ reason: 'timeout' });
    expect(upstream.requests).toHaveLength(2);
  });

  test('that the next wait would pass ends the call now, with the last failure', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}, 500));
    const { client } = connect(upstream.url, { timeoutMs: 5_000, random: () => 100 });
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'upstream', message: 'LeadDyno answered 500' });
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('the pace', () => {
  test('refuses at once what would come after the deadline', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url, { pace: createPace({ limit: 1 }) });
    const beforeSend = vi.fn(async () => undefined);
    await client.send(write);
    const error = await failureOf(client.send(write, { beforeSend }));
    expect(error).toMatchObject({ reason: 'rate_limited', fate: 'not_sent' });
    expect(error.retryAfterSeconds).toBeGreaterThan(50);
    expect(error.message).toMatch(/^This server keeps to 1 requests a minute; try again in \d+ s$/);
    expect(beforeSend).not.toHaveBeenCalled();
    expect(upstream.requests).toHaveLength(1);
  });

  test('names a pause that LeadDyno asked for', async () => {
    const upstream = await startSlow(0);
    const pace = createPace({ limit: 1 });
    pace.pause(30_000);
    const { client } = connect(upstream.url, { pace });
    expect((await failureOf(client.send(write))).message).toBe('LeadDyno asked for a pause; try again in 30 s');
  });

  test('is waited for where it fits, and the wait is reported', async () => {
    const upstream = await startSlow(0);
    const { client, events } = connect(upstream.url, { pace: createPace({ limit: 1, windowMs: 100 }) });
    await client.send(write);
    await client.send(write);
    expect(events).toContainEqual({
      kind: 'pace_wait',
      method: 'POST',
      path: '/leads',
      attempt: 1,
      ms: expect.any(Number),
    });
  });

  test('counts every attempt', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}, 500));
    const take = vi.fn(async () => undefined);
    const { client } = connect(upstream.url, { pace: { take, pause: () => undefined } });
    await failureOf(client.send(read));
    expect(take).toHaveBeenCalledTimes(3);
  });

  test('that fails itself fails the call, unchanged', async () => {
    const upstream = await startSlow(0);
    const pace = { take: () => Promise.reject(new Error('the store is away')), pause: () => undefined };
    const { client } = connect(upstream.url, { pace });
    await expect(client.send(write)).rejects.toThrow('the store is away');
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('a cancellation', () => {
  test('closes the socket and rejects with its reason', async () => {
    const upstream = await startSilent();
    const { client } = connect(upstream.url);
    const controller = new AbortController();
    const call = client.send(write, { signal: controller.signal });
    await until(() => upstream.requests.length === 1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await expect(call).rejects.not.toBeInstanceOf(LeadDynoError);
    await until(() => upstream.abandoned() === 1);
  });

  test('that came before sends nothing', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url);
    await expect(client.send(write, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(upstream.requests).toHaveLength(0);
  });

  test('ends the wait for the pace', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url, { pace: createPace({ limit: 1 }), timeoutMs: 600_000 });
    await client.send(write);
    const controller = new AbortController();
    const call = client.send(write, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 30));
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(upstream.requests).toHaveLength(1);
  });

  test('ends the wait between attempts', async () => {
    const upstream = await startUpstream((response) => answerJson(response, {}, 500));
    const controller = new AbortController();
    const { client } = connect(upstream.url, {
      sleep: (_ms, signal) => {
        controller.abort(new Error('enough'));
        return new Promise((_resolve, reject) => {
          if (signal.aborted) reject(signal.reason);
        });
      },
    });
    await expect(client.send(read, { signal: controller.signal })).rejects.toThrow('enough');
    expect(upstream.requests).toHaveLength(1);
  });

  test('leaves no listener behind', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url);
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    for (let call = 0; call < 5; call++) await client.send(write, { signal });
    expect(remove.mock.calls.length).toBeGreaterThanOrEqual(add.mock.calls.length);
  });
});

describe('beforeSend', () => {
  test('runs once, right before the first attempt', async () => {
    const upstream = await startUpstream((response, _request, count) =>
      answerJson(response, {}, count < 3 ? 429 : 200),
    );
    const { client } = connect(upstream.url);
    const seen: number[] = [];
    await client.send(write, {
      beforeSend: async () => {
        seen.push(upstream.requests.length);
      },
    });
    expect(seen).toEqual([0]);
    expect(upstream.requests).toHaveLength(3);
  });

  test('runs after the pace, and once although the key is tried both ways', async () => {
    const order: string[] = [];
    const upstream = await startUpstream((response, { url }, count) => {
      order.push(url.split('=')[0] ?? '');
      answerJson(response, {}, count === 1 ? 401 : 200);
    });
    const { client } = connect(upstream.url, {
      keyTransport: 'auto',
      pace: {
        take: async () => {
          order.push('pace');
        },
        pause: () => undefined,
      },
    });
    await client.send(write, {
      beforeSend: async () => {
        order.push('beforeSend');
      },
    });
    expect(order).toEqual(['pace', 'beforeSend', '/v1/leads', 'pace', '/v1/leads?key']);
  });

  test('that throws stops the call with its own error', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url);
    const error = new Error('already used');
    await expect(client.send(write, { beforeSend: () => Promise.reject(error) })).rejects.toBe(error);
    expect(upstream.requests).toHaveLength(0);
  });

  test('during which the call is cancelled sends nothing', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url);
    const controller = new AbortController();
    const beforeSend = async () => controller.abort(new Error('enough'));
    await expect(client.send(write, { signal: controller.signal, beforeSend })).rejects.toThrow('enough');
    await client.send(read);
    expect(upstream.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  test('during which the deadline passes sends nothing', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url);
    let finish: (() => void) | undefined;
    const beforeSend = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    const error = await failureOf(client.send(write, { beforeSend, timeoutMs: 50 }));
    expect(error).toMatchObject({ reason: 'timeout', fate: 'not_sent' });
    expect(error.message).toBe('The request could not be sent to LeadDyno within 50 ms');
    finish?.();
    await client.send(read);
    expect(upstream.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('closing', () => {
  test('ends what is in flight, says what may have become of it, and closes the sockets', async () => {
    const upstream = await startSilent();
    const { client } = connect(upstream.url);
    const sent = failureOf(client.send(write));
    await until(() => upstream.requests.length === 1);
    const waiting = failureOf(client.send(write, { beforeSend: () => new Promise(() => undefined) }));
    await client.close();
    expect(await sent).toMatchObject({ reason: 'network', fate: 'unknown' });
    expect(await waiting).toMatchObject({ reason: 'network', fate: 'not_sent' });
    await until(() => upstream.abandoned() === 1);
    expect(await failureOf(client.send(read))).toMatchObject({ reason: 'network', fate: 'not_sent' });
    await client.close();
  });

  test('before the first call opens nothing', async () => {
    const { client } = connect('https://leaddyno.invalid/v1');
    await client.close();
    expect(await failureOf(client.send(read))).toMatchObject({ fate: 'not_sent' });
  });

  test('in the first moment of a call ends it', async () => {
    const upstream = await startSlow(0);
    const { client } = connect(upstream.url, { keyTransport: 'auto' });
    const call = failureOf(client.send(read));
    await client.close();
    expect(await call).toMatchObject({ fate: 'not_sent' });
    expect(upstream.requests).toHaveLength(0);
  });
});
