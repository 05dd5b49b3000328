import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differencesFromReadme, wrongAnswers } from '../../bench/tasks/claim.ts';
import { differences } from '../../bench/tasks/measure.ts';
import { payout, settle } from '../../bench/tasks/payouts.ts';
import { questions } from '../../bench/tasks/questions.ts';
import { topSellers } from '../../bench/tasks/ranking.ts';
import { runQuestions } from '../../bench/tasks/run.ts';
import type { Solved } from '../../bench/tasks/solved.ts';
import { writeGoal, writeTable } from '../../bench/tasks/table.ts';
import { workflows } from '../../src/workflows/index.ts';

const size = { affiliates: 60, leads: 250, purchases: 200, visitors: 50 };

describe('the bench of whole tasks', () => {
  it('answers questions rightly both ways, with fewer bytes and calls by workflows', async () => {
    const asked = [payout, settle, topSellers];
    const { rows, lists } = await runQuestions(asked, { size });
    expect(rows.map(({ question }) => question)).toEqual(asked);
    for (const { question, plain, workflows: other } of rows) {
      expect([plain?.wrong, other?.wrong], question.title).toEqual([[], []]);
      expect(other?.bytes, question.title).toBeLessThan(plain?.bytes ?? 0);
      expect(other?.calls, question.title).toBeLessThanOrEqual(plain?.calls ?? 0);
      expect(other?.requests, question.title).toBeGreaterThan(0);
    }
    expect(lists.workflows).toBeGreaterThan(lists.plain);
    expect(writeTable(rows, lists).at(-1)).toMatch(/3\/3 .* 3\/3$/);
    expect(writeGoal(rows, lists)).toContain('3 of 3 right (operations alone: 3)');
  });

  it('costs what the README says, with every answer of a workflow right', { timeout: 120_000 }, async () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const run = await runQuestions(questions);
    expect(wrongAnswers('usual', run)).toEqual([]);
    expect(differencesFromReadme(readme, 'usual', run)).toEqual([]);
    const boast = readme.replace(/(?<=kB against )\d+/, '50').replace(/14 against 16 of 16/, '13 against 16 of 16');
    expect(differencesFromReadme(boast, 'usual', run)).toEqual([
      'usual programme, right with the operations alone: README says 13, measured 14',
      expect.stringMatching(/^usual programme, with the workflows, bytes \/ 1000: README says 50, measured 1/),
    ]);
    expect(differencesFromReadme(readme, 'large', run).join('\n')).toMatch(/^large programme, .*README says/);
    expect(differencesFromReadme('', 'large', run)).toEqual([expect.stringContaining('no sentence')]);
  });

  it('notices an answer that is wrong, and a change that was not made', async () => {
    const guess: Solved = { ...settle, workflows: async () => ({ settled: {}, cannot_be_marked: {} }) };
    const [row] = (await runQuestions([guess], { size })).rows;
    expect(row?.workflows).toMatchObject({ right: false, calls: 0, bytes: 0 });
    const wrong = row?.workflows?.wrong.join('\n');
    expect(wrong).toMatch(/^answer\.settled/m);
    expect(wrong).toMatch(/^programme/m);
    expect(differences({ a: ['1'], b: 2 }, { a: ['1', '2'], b: 2 }, 'answer')).toEqual([
      'answer.a.1: expected nothing, got "2"',
    ]);
  });

  it('asks sixteen questions, and puts every workflow to the test', () => {
    expect(questions.map(({ number }) => number)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    const used = new Set(questions.flatMap(({ needs }) => needs));
    // What reads a file again answers no question of its own; figures and findings are compared with models of their own
    // (program-health and audit-tracking in test/workflows/). An import is one call with either kind of tools but for
    // its length.
    const without = ['read_export', 'program_health', 'audit_tracking', 'import_affiliates'];
    const asked = workflows.map(({ name }) => name).filter((name) => !without.includes(name));
    expect(asked.filter((name) => !used.has(name))).toEqual([]);
  });
});
