import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { runToolCommand, type ToolSurroundings } from '../../src/commands/use-tool.ts';
import { openExportFolder } from '../../src/export-folder.ts';
import type { JsonObject } from '../../src/json.ts';
import { createPace } from '../../src/leaddyno/pace.ts';
import { createConfirmations } from '../../src/mcp/confirmations.ts';
import { READING_MS } from '../../src/mcp/forms.ts';
import { createProcessLog } from '../../src/ports/change-log.ts';
import { createMemory } from '../../src/ports/memory.ts';
import { createWriteCounter } from '../../src/ports/write-counter.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { builtMain, runBuilt, startBuilt } from '../support/protocol-built.ts';
import { at } from '../support/protocol-json.ts';
import { toolNames } from '../support/tool-names.ts';
import { startUpstream } from '../support/upstream.ts';
import { secret, writer } from '../support/written.ts';

const KEY = secret('private-key');

beforeAll(async () => {
  await builtMain();
});

/** The command in this process, with what `main.ts` gives it. */
async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  more: Partial<ToolSurroundings> = {},
) {
  const printed = await runToolCommand(args, {
    env,
    input: new PassThrough().end(),
    screen: new PassThrough(),
    attended: false,
    tell: () => undefined,
    stopped: new AbortController().signal,
    open: async (config) => ({
      config,
      confirmations: createConfirmations(),
      memory: createMemory(),
      cache: undefined,
      writeCounter: createWriteCounter(),
      changes: createProcessLog(),
      telemetry: { callEnded: () => undefined, confirmation: () => undefined, fault: () => undefined },
      createPace: () => createPace({ limit: 0 }),
      onEvent: () => undefined,
      close: async () => undefined,
    }),
    files: (folder) => ({ saveFile: openExportFolder(folder) }),
    ...more,
  });
  writer('what call prints', 'logs')(JSON.stringify(printed));
  return { code: printed.code, stdout: printed.out, stderr: printed.error };
}

/** One user, with a folder for their settings; each call starts with nothing else in common with the one before. */
function user() {
  const home = temporaryFolder().path;
  const env = { XDG_CONFIG_HOME: home };
  return {
    env,
    confirmations: join(home, 'leaddyno-mcp/confirmations'),
    call: async (...args: string[]) => await runHere(args, env),
    json: async (...args: string[]) => {
      const { code, stdout, stderr } = await runHere([...args, '--json'], env);
      return { code, stderr, result: JSON.parse(stdout) as JsonObject };
    },
  };
}

const tokenIn = (result: JsonObject) => (result.confirmation as { confirmation_token: string }).confirmation_token;

describe('leaddyno-mcp call', () => {
  it('lists the tools that are switched on, without a key', async () => {
    const { call, json } = user();
    const { code, stdout } = await call();
    expect(code).toBe(0);
    for (const name of toolNames) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
    const { result } = await json('--read-only', '--toolsets', 'campaigns');
    expect(result).toMatchObject([{ name: 'list_campaigns', effect: 'read' }, { name: 'get_campaign' }]);
  });

  it('lists them where an accounts file is named, which it does not open', async () => {
    for (const [args, env] of [
      [['--accounts', '/nowhere/accounts.json'], {}],
      [[], { LEADDYNO_MCP_ACCOUNTS: '/nowhere/accounts.json' }],
    ] as const) {
      const listed = await runHere(args, env);
      expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('program_overview') });
      await expect(runHere(['program_overview', ...args], env)).rejects.toThrow(
        'The file for --accounts cannot be read (ENOENT).',
      );
    }
  });

  it('says what a tool takes', async () => {
    const { code, stdout } = await user().call('approve_affiliate', '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^approve_affiliate: .*\n\n[\s\S]*\n {2}affiliate_id \(integer, needed\)\n/);
  });

  it('gives the result for a person and for a program', async () => {
    const { call, json } = user();
    expect(await call('count_affiliates', '--sandbox')).toEqual({
      code: 0,
      stdout: '{\n  "count": 250\n}\n',
      stderr: '',
    });
    expect(await json('count_affiliates', '--sandbox')).toEqual({ code: 0, result: { count: 250 }, stderr: '' });
  });

  it.each([
    ['a JSON object', ['{"affiliate_id": 1001}']],
    ['name=value', ['affiliate_id=1001']],
  ])('takes %s, before or behind the options', async (_, given) => {
    const { json } = user();
    const [first, second] = await Promise.all([
      json('get_affiliate', ...given, '--sandbox', '--log-level', 'error'),
      json('--sandbox', '--log-level', 'error', 'get_affiliate', ...given),
    ]);
    expect(first).toMatchObject({ code: 0, result: { affiliate: { id: 1001 } } });
    expect(second.result).toEqual(first.result);
  });

  it('takes the arguments from standard input', async () => {
    const child = await startBuilt(['call', 'get_affiliate', '-', '--sandbox', '--json']);
    child.write('{"affiliate_id":');
    child.write(' 1001}\n');
    child.endStdin();
    expect(await child.exited).toMatchObject({ code: 0 });
    expect(JSON.parse(child.stdout())).toMatchObject({ affiliate: { id: 1001 } });
  });

  it.each([
    [['get_afiliate', '--sandbox'], /no tool "get_afiliate".*Did you mean get_affiliate\?/],
    [
      ['archive_affiliate', 'affiliate_id=1', '--sandbox', '--read-only'],
      /no tool "archive_affiliate", or it is switched/,
    ],
    [['get_affiliate', '{"affiliate_id": 1', '--sandbox'], /not a JSON object/],
    [['get_affiliate', '[1]', '--sandbox'], /not a JSON object/],
    [['get_affiliate', 'affiliat_id=1', '--sandbox'], /no argument affiliat_id\. Did you mean affiliate_id\?/],
    [['get_affiliate', 'affiliate_id=1', 'affiliate_id=2', '--sandbox'], /given twice/],
    [['get_affiliate', 'affiliate_id=1', '{}', '--sandbox'], /is not name=value/],
    [['get_affiliate', 'affiliate_id=one', '--sandbox'], /affiliate_id: must be a whole number.*Nothing was sent/],
    [['get_affiliate', '--sandbox', '--confirmation-token'], /--confirmation-token is given without a value/],
    [['get_affiliate', 'affiliate_id=1', '--sandbx'], /--sandbx/],
    [['get_affiliate', 'affiliate_id=1'], /private API key/],
  ])('refuses %j with code 2 and a message', async (args, message) => {
    expect(await user().call(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  });

  it('has code 1 for what LeadDyno does not have', async () => {
    const { code, result } = await user().json('get_affiliate', 'affiliate_id=999999', '--sandbox');
    expect({ code, result }).toMatchObject({ code: 1, result: { error: { reason: 'not_found' } } });
  });

  it('answers the question of the README about order 1043: its affiliate was archived before', async () => {
    const { result } = await user().json('trace_attribution', 'purchase_code=1043', '--sandbox');
    expect(result).toMatchObject({
      chain: {
        visitor: { affiliate: { id: expect.any(Number) } },
        purchase: { purchase_code: '1043', affiliate: null },
        commissions: { count: 0 },
        affiliates: [{ status: 'Archived' }],
      },
      reasons: [{ about: 'purchase', reason: expect.stringContaining('archived') }, { about: 'commission' }],
    });
  });

  it('answers the question of the README who sends visitors but no sales: one does, some 200', async () => {
    const { result } = await user().json('rank_affiliates', 'segment=traffic_without_sales', '--sandbox');
    expect(result).toMatchObject({ ranking: [{ affiliate_id: expect.any(Number), value: expect.any(Number) }] });
    const visitors = Number(at(result, 'ranking', 0, 'value'));
    expect(visitors).toBeGreaterThanOrEqual(200);
    expect(visitors).toBeLessThan(220);
  });

  it('names the files that are gone with it, and writes them where it is told to', async () => {
    const { json } = user();
    const gone = await json('payout_report', 'limit=1', '--sandbox');
    expect(gone).toMatchObject({ code: 0, stderr: expect.stringMatching(/payout-report-.*--export-folder/) });
    const folder = temporaryFolder().path;
    const written = await json('payout_report', 'limit=1', '--sandbox', '--export-folder', folder);
    expect(written).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([expect.stringMatching(/^payout-report-.*\.csv$/)]));
  });
});

describe('a call that needs a yes, where nobody can be asked', () => {
  const APPROVE = ['review_affiliates', '{"action":"approve","affiliate_ids":[1002,1229]}', '--sandbox'];

  it('prints the question and a token, and ends with code 3', async () => {
    const { code, stdout, stderr } = await user().call(...APPROVE);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^Approve these 2 affiliates: "Ben Okafor".*\n\nconfirmation_token: v1\.\S+\n$/s);
    expect(stderr).toMatch(/^Nothing has been done\./);
  });

  it('goes on with the token in a process of its own, once', async () => {
    const { json, confirmations } = user();
    const asked = await json(...APPROVE);
    expect(asked).toMatchObject({ code: 3, result: { confirmation: { question: expect.stringMatching(/^Approve/) } } });
    const token = tokenIn(asked.result);
    const other = await json(
      'review_affiliates',
      'action=reject',
      'affiliate_ids=[1002,1229]',
      '--sandbox',
      '--confirmation-token',
      token,
    );
    expect(other).toMatchObject({
      code: 3,
      result: { confirmation: { question: expect.stringContaining('another call') } },
    });
    const done = await json(...APPROVE, `--confirmation-token=${token}`);
    expect(done).toMatchObject({ code: 0, result: { done: [{ affiliate_id: 1002, outcome: 'approved' }, {}] } });
    // The other way to give it.
    const args = JSON.stringify({ action: 'approve', affiliate_ids: [1002, 1229], confirmation_token: token });
    const again = await json('review_affiliates', args, '--sandbox');
    expect(again).toMatchObject({ code: 1, result: { error: { reason: 'already_used' } } });
    for (const path of readdirSync(confirmations, { recursive: true, encoding: 'utf8' })) {
      const { mode } = statSync(join(confirmations, path));
      expect(mode & 0o077, path).toBe(0);
    }
  });

  it('takes no token of another user', async () => {
    const asked = await user().json(...APPROVE);
    const { code, result } = await user().json(...APPROVE, '--confirmation-token', tokenIn(asked.result));
    expect({ code, result }).toMatchObject({
      code: 3,
      result: { confirmation: { question: expect.stringContaining('does not come from this server') } },
    });
  });

  it('keeps nothing of the records beside the token', async () => {
    const { json, confirmations } = user();
    await json(...APPROVE);
    const [name = ''] = readdirSync(join(confirmations, 'questions'));
    expect(readFileSync(join(confirmations, 'questions', name), 'utf8')).not.toMatch(/Ben|Okafor|@/);
  });

  it('is refused under --confirm strict, goes through under off, and sends nothing under --dry-run', async () => {
    const { json } = user();
    const archive = ['archive_affiliate', 'affiliate_id=1001', '--sandbox'];
    const [strict, off, dry] = await Promise.all([
      json(...archive, '--confirm', 'strict'),
      json(...archive, '--confirm', 'off'),
      json(...archive, '--dry-run'),
    ]);
    expect(strict).toMatchObject({ code: 3, result: { error: { reason: 'confirmation_required' } } });
    expect(off).toMatchObject({ code: 0, result: { affiliate: { id: 1001, status: 'Archived' } } });
    expect(dry).toMatchObject({ code: 0, result: { dry_run: { method: 'POST' } } });
  });

  it('goes through the built command in the same way, and into the audit log', async () => {
    const { env } = user();
    const folder = temporaryFolder().path;
    const built = async (...args: string[]) => {
      const { code, stdout } = await runBuilt(['call', ...args, '--json', '--sandbox', '--audit-log', folder], env);
      return { code, result: JSON.parse(stdout) as JsonObject };
    };
    const asked = await built('archive_affiliate', 'affiliate_id=1001');
    expect(asked.code).toBe(3);
    await built('archive_affiliate', 'affiliate_id=1001', '--confirmation-token', tokenIn(asked.result));
    const { result } = await built('list_recent_changes');
    expect(result).toMatchObject({ changes: [{ tool: 'archive_affiliate', outcome: 'done', confirmed: 'token' }] });
  });
});

describe('a write without a clear answer', () => {
  it('has code 4 and says where to look', async () => {
    const upstream = await startUpstream(({ method, path }) => {
      if (method !== 'GET') return { reset: 'before the answer' };
      return path.endsWith('/7') ? { json: { id: 7, email: 'g@example.com', status: 'Active' } } : { json: [] };
    });
    const env = { LEADDYNO_API_KEY: KEY, LEADDYNO_BASE_URL: upstream.url, XDG_CONFIG_HOME: temporaryFolder().path };
    const { code, stderr, stdout } = await runHere(
      ['archive_affiliate', 'affiliate_id=7', '--confirm=off', '--log-level=silent'],
      env,
    );
    expect({ code, stdout, stderr }).toEqual({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/may have happened.*get_affiliate/),
    });
  });
});

/** Before a person, who answers that long after the question. */
async function attended(answer: string | undefined, waitMs: number) {
  const [input, screen] = [new PassThrough(), new PassThrough()];
  let shown = '';
  screen.on('data', (chunk: Buffer) => {
    const before = shown.includes('Type yes');
    shown += chunk;
    if (before || !shown.includes('Type yes')) return;
    void after(waitMs).then(() => (answer === undefined ? input.end() : input.write(`${answer}\n`)));
  });
  const args = ['archive_affiliate', 'affiliate_id=1001', '--sandbox', '--json'];
  const env = { XDG_CONFIG_HOME: temporaryFolder().path };
  const { code, stdout } = await runHere(args, env, { input, screen, attended: true });
  writer('what call shows', 'logs')(shown);
  return { code, result: JSON.parse(stdout) as JsonObject, shown };
}

describe('a call that needs a yes, in a terminal', () => {
  const person = READING_MS + 200;

  it('puts the question word for word and goes on with a typed yes', async () => {
    const { code, result, shown } = await attended('yes', person);
    expect(shown).toMatch(/Archive the affiliate "Ann Arbor".*\n\n.*Type yes to go on: /s);
    expect({ code, result }).toMatchObject({ code: 0, result: { affiliate: { id: 1001, status: 'Archived' } } });
  });

  it.each([['no'], ['y'], ['YES'], ['yes, but not now'], [''], [undefined]])(
    'does nothing after %j',
    async (answer) => {
      const { code, result } = await attended(answer, person);
      expect({ code, result }).toMatchObject({ code: 3, result: { declined: true } });
    },
  );

  it('takes an answer sooner than anybody reads for that of a program', async () => {
    const { code, result } = await attended('yes', 0);
    expect({ code, result }).toMatchObject({ code: 3, result: { confirmation: { question: expect.any(String) } } });
  });
});
