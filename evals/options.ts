import { parseArgs } from 'node:util';
import type { Limits } from './conversation.ts';
import { LIMITS } from './conversation.ts';
import { chatCompletions } from './models/chat-completions.ts';
import { messagesApi } from './models/messages.ts';
import type { StartChat } from './models/model.ts';

export const USAGE = `Usage: npm run evals -- --model NAME [options]
       npm run evals                      replays evals/recorded/, without a model

  --model NAME       the model, as its endpoint calls it
  --only N[,N]       these questions alone
  --json             JSON in place of the table
  --server OPTION    an option for the server, again and again (--server=--toolsets=workflows)
  --max-calls N      tool calls for one question (${LIMITS.calls})
  --max-seconds N    seconds for one question (${LIMITS.ms / 1_000})
  --max-tokens N     tokens for one question, read and written (${LIMITS.tokens})

Where the model is: EVALS_BASE_URL (an endpoint of chat completions, such as http://127.0.0.1:11434/v1) with
EVALS_API_KEY; without it ANTHROPIC_API_KEY, with ANTHROPIC_BASE_URL if it is not Anthropic's own.`;

export interface Options {
  /** Absent: the recorded conversations are replayed. */
  readonly model: string | undefined;
  /** Absent: all questions. */
  readonly only: readonly number[] | undefined;
  readonly json: boolean;
  readonly server: readonly string[];
  readonly limits: Limits;
}

/** Says what is wrong with the command line or the environment, in words for the person who set it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function readOptions(argv: readonly string[]): Options {
  const { values } = parse(argv);
  const number = (name: 'max-calls' | 'max-seconds' | 'max-tokens', usual: number) => {
    const value = Number(values[name] ?? usual);
    if (!(value > 0)) throw new UsageError(`--${name} takes a number above 0`);
    return value;
  };
  const only = values.only?.split(',').map(Number);
  if (only?.some((one) => !Number.isInteger(one))) throw new UsageError('--only takes numbers of questions: 4,5');
  return {
    model: values.model,
    only,
    json: values.json ?? false,
    server: values.server ?? [],
    limits: {
      calls: number('max-calls', LIMITS.calls),
      ms: number('max-seconds', LIMITS.ms / 1_000) * 1_000,
      tokens: number('max-tokens', LIMITS.tokens),
    },
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        model: text,
        only: text,
        json: { type: 'boolean' },
        server: { ...text, multiple: true },
        'max-calls': text,
        'max-seconds': text,
        'max-tokens': text,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const ANTHROPIC = 'https://api.anthropic.com';

/** Access to the model, from the environment. @throws UsageError if it names no endpoint */
export function modelFrom(env: Readonly<Record<string, string | undefined>>, model: string): StartChat {
  const { EVALS_BASE_URL, EVALS_API_KEY, ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL } = env;
  if (EVALS_BASE_URL) return chatCompletions({ url: EVALS_BASE_URL, key: EVALS_API_KEY || undefined, model });
  if (ANTHROPIC_API_KEY) return messagesApi({ url: ANTHROPIC_BASE_URL || ANTHROPIC, key: ANTHROPIC_API_KEY, model });
  throw new UsageError('Set EVALS_BASE_URL (and EVALS_API_KEY), or ANTHROPIC_API_KEY.');
}
