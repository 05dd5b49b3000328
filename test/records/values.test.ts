import { afterEach, describe, expect, it, vi } from 'vitest';
import { createdAt, earnedAt, flagOf, timeOf } from '../../src/records/values.ts';

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
    ['2026-06-01T10:00:00z', TEN],
    ['2026-06-01T10:00:00,5', TEN + 500],
    ['2026-06-01T10:00Z', TEN],
    ['2026-06-01 10:00:00 GMT', TEN],
    ['2026-06-01 12:00:00+02', TEN],
    ['2026-06-01T12:00:00+0200', TEN],
    ['2026-06-01 12:00:00 +02:00', TEN],
    ['2026-06-01T04:30:00.000-05:30', TEN],
    ['2026-06-01', MIDNIGHT],
    [' 2026-06-01 ', MIDNIGHT],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['9999-12-31', Date.UTC(9999, 11, 31)],
    // Any other form may be read in two ways, or hold a date by chance.
    ['Mon, 01 Jun 2026 10:00:00 GMT', Number.NaN],
    ['June 1, 2026 10:00', Number.NaN],
    ['2026/06/01', Number.NaN],
    ['03/12/2026', Number.NaN],
    ['01.11.2026', Number.NaN],
    ['20261101', Number.NaN],
    ['2026-11', Number.NaN],
    ['2026', Number.NaN],
    ['12', Number.NaN],
    ['1767225600', Number.NaN],
    ['paid 01', Number.NaN],
    ['soon 3', Number.NaN],
    ['in 30 days', Number.NaN],
    ['2026-11-01 10:00:00 EST', Number.NaN],
    ['2026-11-01 10:00:00 PST8PDT', Number.NaN],
    ['2026-11-01 10:00 PM', Number.NaN],
    ['2026-11-01T10:00:00Z tomorrow', Number.NaN],
    ['2026-11-01 10', Number.NaN],
    ['2026-11-01+02:00', Number.NaN],
    // Nor is what is no day or no hour moved to the next one.
    ['2026-02-30', Number.NaN],
    ['2026-02-29T10:00:00Z', Number.NaN],
    ['2026-13-01', Number.NaN],
    ['2026-00-10', Number.NaN],
    ['0000-00-00 00:00:00', Number.NaN],
    ['2026-06-01T24:00:00Z', Number.NaN],
    ['2026-06-01T10:60:00Z', Number.NaN],
    ['2026-06-01T10:00:61Z', Number.NaN],
    ['2026-06-01T10:00:00+24:00', Number.NaN],
    ['2026-06-01T10:00:00+02:60', Number.NaN],
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
    expect(earnedAt({ date: '2026-06-01', created_at: 'soon' })).toBe(MIDNIGHT);
  });

  it.each([20_260_601, '05-11-2026', '15/11/2026', { day: 1 }])('nor does a day that cannot be read: %j', (date) => {
    expect(earnedAt({ date, created_at: '2026-06-01T10:00:00Z' })).toBe(TEN);
    expect(earnedAt({ date, created_at: 1_780_000_000 })).toBeNaN();
  });
});

describe('a flag', () => {
  it.each([true, 'true', 'TRUE', ' True ', 1, '1', 'yes', 'Yes', 't', 'T'])('%j is set', (value) => {
    expect(flagOf(value)).toBe(true);
  });

  it.each([false, 'false', 'False', ' FALSE', 0, '0', 'no', 'NO', 'f', 'F'])('%j is not set', (value) => {
    expect(flagOf(value)).toBe(false);
  });

  it.each([
    undefined,
    null,
    '',
    ' ',
    2,
    -1,
    0.5,
    Number.NaN,
    'maybe',
    'truely',
    'on',
    'y',
    [],
    [true],
    {},
    { flag: 1 },
  ])('%j says neither', (value) => {
    expect(flagOf(value)).toBeUndefined();
  });
});
