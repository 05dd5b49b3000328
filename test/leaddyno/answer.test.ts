import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer, readTooLarge } from '../../src/leaddyno/answer.ts';
import type { Failure } from '../../src/leaddyno/errors.ts';

function read(status: number, text: string, { write = false, contentType = 'application/json', wait = 0 } = {}) {
  return readAnswer({ status, text, contentType, retryAfterSeconds: wait === 0 ? undefined : wait }, write);
}

function failureOf(...args: Parameters<typeof read>): Failure {
  const outcome = read(...args);
  if (outcome.ok) throw new Error(`expected a failure, got ${JSON.stringify(outcome.value)}`);
  return outcome.failure;
}

describe('a good answer', () => {
  test.each([
    ['{"id": 1}', { id: 1 }],
    ['[]', []],
    ['null', null],
    ['', null],
    [' \r\n', null],
    ['{"message": "done"}', { message: 'done' }],
    ['{"error": null}', { error: null }],
    ['{"error": {}}', { error: {} }],
    ['{"error": ""}', { error: '' }],
    ['{"errors": []}', { errors: [] }],
    ['{"errors": {}, "error": false, "success": true}', { errors: {}, error: false, success: true }],
    ['{"errors": {"email": []}, "status": "ok"}', { errors: { email: [] }, status: 'ok' }],
    ['{"status": "Active", "success": null, "error": 0}', { status: 'Active', success: null, error: 0 }],
  ])('%s', (text, value) => {
    expect(read(200, text)).toEqual({ ok: true, value });
    expect(read(201, text, { write: true })).toEqual({ ok: true, value });
  });

  test('a record may say what it likes', () => {
    for (const record of [
      { id: 1, error: 'rate limit exceeded' },
      { id: 1, message: 'limit exceeded' },
      [{ message: 'too many requests' }],
      { commissions: [{ error: 'limit exceeded' }] },
      { note: 'too many requests' },
      { id: 'a-1', error: 'typed', errors: ['typed'], success: false, status: 'error' },
      [{ success: false }],
      { affiliate: { id: 1, error: 'typed' } },
    ]) {
      expect(read(200, JSON.stringify(record))).toEqual({ ok: true, value: record });
    }
  });
});

describe('a status', () => {
  test.each([
    [400, 'invalid', 'refused'],
    [401, 'auth', 'refused'],
    [402, 'unexpected', 'refused'],
    [403, 'forbidden', 'refused'],
    [404, 'not_found', 'refused'],
    [405, 'unexpected', 'refused'],
    [408, 'timeout', 'unknown'],
    [409, 'conflict', 'refused'],
    [410, 'not_found', 'refused'],
    [413, 'invalid', 'refused'],
    [414, 'invalid', 'refused'],
    [422, 'invalid', 'refused'],
    [429, 'rate_limited', 'refused'],
    [431, 'invalid', 'refused'],
    [500, 'upstream', 'unknown'],
    [502, 'upstream', 'unknown'],
    [503, 'upstream', 'unknown'],
    [599, 'upstream', 'unknown'],
    [302, 'unexpected', 'unknown'],
  ] as const)('%i is %s, %s', (status, reason, fate) => {
    const failure = failureOf(status, '{"error": "their words"}', { write: true });
    expect(failure).toMatchObject({ reason, fate, status, said: `LeadDyno answered ${status}` });
    expect(failure.detail).toBe(status === 302 ? undefined : 'their words');
  });
});

describe('rate limiting', () => {
  const limits = [
    '{"message": "API limit exceeded, slow down"}',
    '{"error": "Too Many Requests"}',
    '{"message": "limit exceeded"}',
    '{"message": "LeadDyno rate limit"}',
  ];

  test.each([200, 201, 400, 403, 500, 503])('is what the text says, whatever the status: %i', (status) => {
    for (const text of limits) {
      const limited = { reason: 'rate_limited', fate: 'refused', status };
      expect(failureOf(status, text)).toMatchObject(limited);
    }
  });

  test.each([400, 403, 422])('of a write is what a refusal says that speaks of requests: %i', (status) => {
    for (const text of limits) {
      const { reason, fate } = failureOf(status, text, { write: true });
      expect(fate).toBe('refused');
      expect(reason === 'rate_limited', text).toBe(text !== '{"message": "limit exceeded"}');
    }
  });

  test.each([500, 502, 503])('never makes a refusal of a failed write: %i', (status) => {
    for (const text of [...limits, '{"error": "Execution time limit exceeded"}']) {
      expect(failureOf(status, text, { write: true })).toMatchObject({ reason: 'upstream', fate: 'unknown', status });
    }
  });

  test.each([200, 201])('is no word for what became of a write that was taken: %i', (status) => {
    for (const text of limits) {
      expect(failureOf(status, text, { write: true })).toMatchObject({ reason: 'unexpected', fate: 'unknown', status });
    }
  });

  test.each([
    'Affiliate limit exceeded. Please upgrade your plan.',
    'affiliate_limit: limit exceeded, custom-fields',
    'Account limit exceeded',
    'User limit exceeded',
    'Campaigns: limit exceeded',
    'Custom field limit exceeded',
    'Limit exceeded for your subscription',
  ])('is not what a plan limits: %s', (words) => {
    for (const text of [JSON.stringify({ error: words }), JSON.stringify({ message: words })]) {
      for (const write of [true, false]) {
        expect(failureOf(422, text, { write })).toMatchObject({ reason: 'invalid', fate: 'refused', detail: words });
        expect(failureOf(500, text, { write })).toMatchObject({ reason: 'upstream', fate: 'unknown' });
        expect(failureOf(429, text, { write })).toMatchObject({ reason: 'rate_limited', fate: 'refused' });
      }
      expect(failureOf(200, text)).toMatchObject({ reason: 'invalid', fate: 'refused', detail: words });
    }
    expect(failureOf(200, JSON.stringify({ error: words }), { write: true }).reason).toBe('invalid');
    expect(failureOf(200, JSON.stringify({ message: words }), { write: true })).toMatchObject({
      reason: 'unexpected',
      fate: 'unknown',
      detail: words,
    });
  });

  test('of an account is one for a read, and no reason to send a write again', () => {
    const text = '{"message": "API rate limit exceeded for your account"}';
    expect(failureOf(403, text).reason).toBe('rate_limited');
    expect(failureOf(403, text, { write: true }).reason).toBe('forbidden');
  });

  test('is not the name that somebody gave a thing', () => {
    const value = { message: 'Custom field Rate limit created' };
    expect(read(200, JSON.stringify(value), { write: true })).toEqual({ ok: true, value });
  });

  test('names the seconds that LeadDyno asks for', () => {
    const failure = failureOf(429, '', { wait: 90 });
    expect(failure).toMatchObject({ retryAfterSeconds: 90, why: 'too many requests; it asks to wait 90 s' });
    expect(failureOf(503, '', { wait: 5 })).toMatchObject({ retryAfterSeconds: 5, why: 'it asks to wait 5 s' });
    expect(failureOf(404, '', { wait: 5 }).retryAfterSeconds).toBeUndefined();
  });

  test('is not read out of pages', () => {
    expect(failureOf(500, '<h1>rate limit</h1>').reason).toBe('upstream');
  });
});

describe('a 2xx answer that is none', () => {
  test('a page: says what came', () => {
    const failure = failureOf(200, '<html><p>Back soon</p></html>', { contentType: 'text/html; charset=utf-8' });
    expect(failure).toMatchObject({
      reason: 'unexpected',
      fate: 'unknown',
      said: 'LeadDyno answered 200 with text/html where JSON was expected',
      detail: 'Back soon',
    });
  });

  test('broken JSON', () => {
    expect(failureOf(200, '{"id": 1').said).toBe('LeadDyno answered 200 with broken JSON where JSON was expected');
  });

  test('no content type', () => {
    expect(failureOf(200, 'hm', { contentType: '' }).said).toContain('with something else');
  });

  test('after a write, it most likely happened', () => {
    expect(failureOf(201, 'oops', { write: true })).toMatchObject({
      fate: 'unknown',
      said: expect.stringContaining('most likely took effect'),
    });
  });

  test('an error in place of a record', () => {
    expect(failureOf(200, '{"error": {"email": ["is invalid"]}}', { write: true })).toMatchObject({
      reason: 'invalid',
      fate: 'refused',
      detail: 'email: is invalid',
    });
    for (const text of ['Affiliate not found', "Couldn't find Lead", 'It does not exist']) {
      expect(failureOf(200, JSON.stringify({ error: text })).reason).toBe('not_found');
    }
  });

  test.each([
    ['{"success": false, "message": "Not pending"}', 'Not pending'],
    ['{"success": "False"}', 'success: False'],
    ['{"errors": ["No such purchase code", "two"]}', 'No such purchase code, two'],
    ['{"errors": {"base": ["is wrong"]}}', 'base: is wrong'],
    ['{"errors": [{"id": "e1", "message": "is wrong"}]}', 'is wrong'],
    ['{"errors": "is wrong"}', 'is wrong'],
    ['{"error": true, "message": "is wrong"}', 'is wrong'],
    ['{"error": 422, "message": "is wrong"}', 'is wrong'],
    ['{"id": null, "error": "Email taken"}', 'Email taken'],
    ['{"id": " ", "error": "Email taken"}', 'Email taken'],
    ['{"status": "error", "message": "is wrong"}', 'is wrong'],
    ['{"status": "Failed", "reason": "nope"}', 'status: Failed; reason: nope'],
  ])('an error in other forms: %s', (text, detail) => {
    const reason = text.includes('No such') ? 'not_found' : 'invalid';
    for (const write of [true, false]) {
      expect(failureOf(200, text, { write })).toMatchObject({ reason, fate: 'refused', detail });
    }
  });

  test.each([
    '{"success": true, "errors": ["no welcome mail"]}',
    '{"affiliate": {"id": 1}, "errors": ["no welcome mail"]}',
    '{"commissions": [{"id": 1, "paid": true}], "error": "two are left"}',
  ])('an error beside what was done leaves open what became of a write: %s', (text) => {
    expect(failureOf(200, text, { write: true })).toMatchObject({
      reason: 'unexpected',
      fate: 'unknown',
      detail: expect.stringMatching(/no welcome mail|two are left/),
    });
    expect(failureOf(200, text)).toMatchObject({ reason: 'invalid', fate: 'refused' });
  });

  test('too large', () => {
    expect(readTooLarge(200)).toMatchObject({
      reason: 'unexpected',
      fate: 'unknown',
      why: 'answer larger than 10 MiB, or of more than 200,000 values or 10,000 field names',
    });
    expect(readTooLarge(422).fate).toBe('refused');
  });
});

test('whatever arrives is judged without an exception', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 599 }),
      fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
      fc.string(),
      fc.boolean(),
      (status, text, contentType, write) => {
        const outcome = read(status, text, { write, contentType });
        if (!outcome.ok) expect((outcome.failure.detail ?? '').length).toBeLessThanOrEqual(300);
      },
    ),
  );
});
