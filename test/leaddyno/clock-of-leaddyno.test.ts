import { describe, expect, test } from 'vitest';
import { createLeadDynoClock } from '../../src/leaddyno/clock.ts';

const NOW = Date.parse('2026-06-01T12:00:00.400Z');
const dateAt = (ms: number) => ({ date: new Date(NOW + ms).toUTCString() });

describe("LeadDyno's clock", () => {
  const start = () => createLeadDynoClock(() => NOW);

  test('is not known before an answer tells it', () => {
    const clock = start();
    clock.hear({});
    clock.hear({ date: 'yesterday' });
    clock.hear({ date: ['Mon, 01 Jun 2026 12:00:00 GMT'] });
    expect(clock.ahead()).toBeUndefined();
  });

  test.each([-3_600_000, -90_000, 0, 90_000, 3_600_000])('is %s ms ahead, at the least', (ms) => {
    const clock = start();
    clock.hear(dateAt(ms));
    expect(clock.ahead()).toBe(ms - 400);
  });

  test('is the earliest of what the last answers told, without what cannot be', () => {
    const clock = start();
    for (const ms of [5_000, -20_000, 7_000]) clock.hear(dateAt(ms));
    clock.hear({ date: 'Thu, 01 Jan 1970 00:00:00 GMT' });
    clock.hear({ date: 'Fri, 01 Jan 2999 00:00:00 GMT' });
    expect(clock.ahead()).toBe(-20_400);
    for (let answer = 0; answer < 20; answer += 1) clock.hear(dateAt(1_000));
    expect(clock.ahead()).toBe(600);
  });
});
