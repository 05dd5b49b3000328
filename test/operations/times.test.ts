import { afterEach, describe, expect, it, vi } from 'vitest';
import { timeOf } from '../../src/operations/times.ts';
import { earnedAt } from '../../src/workflows/figures/month-figures.ts';
import { createdAt } from '../../src/workflows/reading/collections.ts';

const TEN = Date.UTC(2026, 5, 1, 10);
const MIDNIGHT = Date.UTC(2026, 5, 1);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(['UTC', 'America/New_York', 'Asia/Tokyo'])('on a machine in %s', (zone) => {
  it.each<[unknown, number]>([
    ['2026-06-01T10:00:00Z', TEN],
    ['2026-06-01T10:00:00.000Z', TEN],
    ['2026-06-01T10:00:00', TEN],
    ['2026-06-01T10:00:00.000000', TEN],
    ['2026-06-01 10:00:00', TEN],
    ['2026-06-01 10:00', TEN],
    [' 2026-06-01T10:00:00 ', TEN],
    ['2026-06-01 10:00:00 UTC', TEN],
    ['2026-06-01 12:00:00 +0200', TEN],
    ['2026-06-01T06:00:00-04:00', TEN],
    ['Mon, 01 Jun 2026 10:00:00 GMT', TEN],
    ['June 1, 2026 10:00', TEN],
    ['2026-06-01', MIDNIGHT],
    ['2026/06/01', MIDNIGHT],
    ['soon', Number.NaN],
    ['', Number.NaN],
    [null, Number.NaN],
    [undefined, Number.NaN],
    [1_780_000_000, Number.NaN],
    [{ at: '2026-06-01' }, Number.NaN],
  ])('%j is the same time', (value, expected) => {
    vi.stubEnv('TZ', zone);
    expect(new Date(MIDNIGHT).getTimezoneOffset() === 0).toBe(zone === 'UTC');
    expect(timeOf(value)).toBe(expected);
  });
});

describe('when a record came to be', () => {
  it.each([[''], ['  '], [null], [undefined]])('is its date where created_at is %j', (created_at) => {
    expect(createdAt({ created_at, date: '2026-06-01' })).toBe(MIDNIGHT);
    expect(createdAt({ created_at })).toBeNaN();
  });

  it('is not guessed from its date where created_at is something else', () => {
    expect(createdAt({ created_at: 'soon', date: '2026-06-01' })).toBeNaN();
  });

  it('an empty day a commission was earned on does not hide when it was created', () => {
    expect(earnedAt({ date: '', created_at: '2026-06-01T10:00:00' })).toBe(TEN);
    expect(earnedAt({ date: '2026-06-01', created_at: '2026-06-02T10:00:00Z' })).toBe(MIDNIGHT);
  });
});
