import { expect, it } from 'vitest';
import { fuzz } from '../support/http-fuzz.ts';
import { noteSoaked } from '../support/soak-figures.ts';

const soak = process.env.SOAK === '1';
const COUNT = soak ? Number(process.env.SOAK_REQUESTS ?? 20_000) : 400;
const SEED = Number(process.env.SEED ?? 20_260_728);

it(`answers ${COUNT} malformed requests with 4xx or a closed connection, and serves on`, {
  timeout: 600_000,
}, async () => {
  const report = await fuzz(COUNT, SEED);
  if (soak) {
    const { problems, ...figures } = report;
    process.stdout.write(`${JSON.stringify({ fuzz: 'http', seed: SEED, ...figures, problems: problems.length })}\n`);
  }
  expect(report.problems).toEqual([]);
  expect(Object.values(report.kinds).reduce((sum, times) => sum + times, 0)).toBe(COUNT);
  expect(Object.keys(report.answers)).toEqual(
    expect.arrayContaining(['200', '400', '403', '404', '405', '415', '431']),
  );
  expect(report.slowestMs).toBeLessThan(20_000);
  expect(report.heapGrowthMiB).toBeLessThan(30);
  noteSoaked('requests', COUNT);
});
