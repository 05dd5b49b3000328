import { beforeAll, describe, expect, it } from 'vitest';
import { isRight } from '../../evals/evaluate.ts';
import { questions } from '../../evals/questions/index.ts';
import { type Replayed, readTranscripts, replay } from '../../evals/replay.ts';

const transcripts = readTranscripts();
let replayed: readonly Replayed[] = [];

/** A question of the sixteen takes no more: calls, and bytes of answers with their links. */
const MOST = { calls: 2, bytes: 6_144 };

describe('the recorded conversations', () => {
  beforeAll(async () => {
    replayed = await replay(questions, transcripts);
  }, 180_000);

  it('are one for each question, and say that a script had them', () => {
    expect(questions.map(({ number }) => number)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
    expect(transcripts.map(({ question }) => question)).toEqual(questions.map(({ number }) => number));
    expect(new Set(transcripts.map(({ model }) => model))).toEqual(new Set(['scripted']));
  });

  it.each(transcripts.map(({ question }) => question))('question %i is answered as recorded', (number) => {
    const one = replayed.find(({ question }) => question.number === number);
    expect(one?.differences).toEqual([]);
    expect(one?.faults).toEqual({ facts: [], forbidden: [], missing: [] });
  });

  it.each(questions.slice(0, 16).map(({ number, title }) => [number, title] as const))(
    'question %i takes two calls and 6 kB at most: %s',
    (number) => {
      const one = replayed.find(({ question }) => question.number === number);
      expect(one?.transcript.calls.length).toBeLessThanOrEqual(MOST.calls);
      expect(one?.bytes).toBeLessThanOrEqual(MOST.bytes);
    },
  );

  it('notices an answer that changed its shape or size, and one that is wrong', async () => {
    const [whole] = transcripts.filter(({ question }) => question === 21);
    if (!whole) throw new Error('no transcript of question 21');
    const calls = whole.calls.map((call) => ({
      ...call,
      bytes: call.bytes * 2,
      shape: [...call.shape.filter((key) => key !== 'complete'), 'gone'],
    }));
    const [one] = await replay(questions, [{ ...whole, calls, answer: 'You sold 5 tents for $500.' }]);
    expect(one?.differences).toEqual([
      expect.stringMatching(/without gone$/),
      expect.stringMatching(/new: complete$/),
      expect.stringMatching(/\d+ bytes, recorded \d+$/),
    ]);
    expect(one?.faults.facts).toEqual(['purchases: 0', 'names no amount']);
    const refused = { ...whole, calls: [{ ...whole.calls[0], tool: 'get_affiliate', arguments: { affiliate_id: 1 } }] };
    const [other] = await replay(questions, [refused as typeof whole]);
    expect(other?.differences).toEqual([expect.stringContaining('an error: ')]);
    expect(other && isRight(other.faults)).toBe(true);
  });
});
