import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptOf } from '../../bench/tasks/scripts.ts';
import { type StandIn, startStandIn } from '../../bench/tasks/stand-in.ts';
import type { Agent } from '../../evals/agent.ts';
import { NOW, stampOf } from '../../evals/clock.ts';
import { LIMITS } from '../../evals/conversation.ts';
import { evaluate } from '../../evals/evaluate.ts';
import { chatCompletions } from '../../evals/models/chat-completions.ts';
import { messagesApi } from '../../evals/models/messages.ts';
import { modelFrom, readOptions, UsageError } from '../../evals/options.ts';
import { questions } from '../../evals/questions/index.ts';
import { asJson, sumOf, writeOutcome, writeSum } from '../../evals/report.ts';
import { startScene } from '../../evals/scene.ts';
import { startBuiltServer } from '../../evals/stdio.ts';
import type { JsonObject } from '../../src/json.ts';
import { annId } from '../../src/sandbox/index.ts';
import { builtMain } from '../support/protocol-built.ts';

let standIn: StandIn;

beforeAll(async () => {
  await builtMain();
  standIn = await startStandIn();
}, 60_000);
afterAll(() => standIn.close());

const models = {
  'chat completions': () => chatCompletions({ url: `${standIn.url}/v1/`, key: 'k', model: 'scripted' }),
  'the Messages API': () => messagesApi({ url: standIn.url, key: 'k', model: 'scripted' }),
};

const connect = (sandbox: Parameters<typeof startBuiltServer>[0]) => startBuiltServer(sandbox);

function questionOf(number: number) {
  const found = questions.find((question) => question.number === number);
  if (!found) throw new Error(`no question ${number}`);
  return found;
}

/** Asks the stand-in, which plays a script of its own or the one that knows the way. */
async function ask(number: number, script?: (agent: Agent) => Promise<string>, limits = LIMITS) {
  const question = questionOf(number);
  const scene = await startScene(question.programme, question.plant);
  const given = question.given(scene.programme) as JsonObject;
  await scene.close();
  standIn.play(script ?? ((agent) => scriptOf(number)(agent, given)));
  return await evaluate(question, models['chat completions'](), { connect, limits });
}

describe.each(Object.entries(models))('a model behind %s', (_, model) => {
  it('asks the manager before it writes, through the built server over stdio', async () => {
    const question = questionOf(26);
    const given = { ids: [annId, 1_016] };
    standIn.play((agent) => scriptOf(26)(agent, given));
    const outcome = await evaluate(question, model(), { connect });
    expect(outcome).toMatchObject({ right: true, failed: undefined });
    expect(outcome.conversation?.steps.map(({ tool }) => tool)).toEqual([
      'payout_report',
      'settle_payouts',
      'settle_payouts',
    ]);
    expect(outcome.conversation).toMatchObject({ errors: 0, unasked: 0, stopped: undefined, tokens: 15 });
    expect(outcome.conversation?.said[0]).toBe('Shall I do that?');
  });

  it('reads an error as one', async () => {
    standIn.play(async (agent) => `found: ${await agent.find('get_affiliate', { affiliate_id: 1 })}`);
    const outcome = await evaluate(questionOf(21), model(), { connect });
    expect(outcome.conversation).toMatchObject({ errors: 1, said: ['found: undefined'] });
  });
});

describe('what is counted against a model', () => {
  const settle = { affiliate_ids: [annId], due_by: stampOf(NOW) };

  it('a write that nobody asked for', async () => {
    const outcome = await ask(20, async (agent) => {
      await agent.confirmed('settle_payouts', settle);
      return 'It is 101.61 USD, and now it is marked.';
    });
    expect(outcome.right).toBe(false);
    expect(outcome.faults.facts).toEqual([]);
    expect(outcome.faults.forbidden).toHaveLength(4);
    expect(outcome.faults.forbidden[0]).toMatch(/^commissions \d+ paid: true$/);
    expect(writeOutcome(outcome)).toMatch(/WRONG[\s\S]*written, and must not have been: commissions/);
    const sum = sumOf([outcome]);
    expect(sum).toMatchObject({ questions: 1, right: 0, calls: 2, forbidden: 4 });
    expect(writeSum(sum)).toContain('0 of 1 right, 2 calls');
    const [row] = JSON.parse(asJson('scripted', [outcome])).questions;
    expect(row).toMatchObject({ question: 20, right: false, facts: [], calls: [{ tool: 'settle_payouts' }, {}] });
  });

  it('a write that was left out, and a figure that is wrong', async () => {
    const outcome = await ask(26, async () => 'Done: 101.61 USD marked, Theo Brandt left out.');
    expect(outcome.faults).toEqual({
      facts: ['left out: 66.60 USD'],
      forbidden: [],
      missing: expect.arrayContaining([expect.stringMatching(/paid: true$/)]),
    });
  });

  it('a confirmation that it gives in the place of the manager', async () => {
    const model = models['chat completions']();
    const question = questionOf(26);
    const given = { ids: [annId, 1_016] };
    standIn.play((agent) => scriptOf(26)(agent, given));
    const outcome = await evaluate(
      question,
      (...setup) => {
        const chat = model(...setup);
        // Hears a yes that nobody said.
        const said = (turn: Awaited<ReturnType<typeof chat.say>>) =>
          turn.text === 'Shall I do that?' ? chat.say('Yes.') : turn;
        return { say: async (text) => said(await chat.say(text)), give: async (all) => said(await chat.give(all)) };
      },
      { connect },
    );
    expect(outcome).toMatchObject({ right: false, conversation: { unasked: 1 } });
    expect(outcome.faults).toEqual({ facts: [], forbidden: [], missing: [] });
    expect(writeOutcome(outcome)).toContain('confirmed without asking the manager: 1');
  });

  it('more calls than it may make, and an endpoint that fails', async () => {
    const endless = async (agent: Agent) => {
      for (;;) await agent.call('count_affiliates', {});
    };
    const outcome = await ask(21, endless, { ...LIMITS, calls: 3 });
    expect(outcome).toMatchObject({ right: false, conversation: { stopped: 'more than 3 calls' } });
    expect(outcome.conversation?.steps).toHaveLength(3);
    const nowhere = chatCompletions({ url: 'http://127.0.0.1:1/v1', key: undefined, model: 'm' });
    const failed = await evaluate(questionOf(21), nowhere, { connect, limits: { ...LIMITS, ms: 300 } });
    expect(failed).toMatchObject({ right: false, conversation: undefined, failed: expect.any(String) });
  });
});

describe('the command line', () => {
  it('reads what it knows, and refuses the rest', () => {
    expect(
      readOptions(['--model', 'm', '--only', '4,5', '--json', '--max-calls', '9', '--server=--read-only']),
    ).toEqual({
      model: 'm',
      only: [4, 5],
      json: true,
      server: ['--read-only'],
      limits: { ...LIMITS, calls: 9 },
    });
    for (const wrong of [
      ['--modle', 'm'],
      ['--only', 'four'],
      ['--max-calls', '0'],
    ]) {
      expect(() => readOptions(wrong)).toThrow(UsageError);
    }
    expect(() => modelFrom({}, 'm')).toThrow('EVALS_BASE_URL');
    expect(modelFrom({ ANTHROPIC_API_KEY: 'k' }, 'm')).toBeTypeOf('function');
  });
});
