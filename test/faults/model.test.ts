import { stdout } from 'node:process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groups } from '../../src/operations/index.ts';
import { bind } from '../../src/operations/operation.ts';
import type { Change } from '../../src/ports/change-log.ts';
import { type Programme, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { KEY } from '../support/harness.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';
import { noteSoaked } from '../support/soak-figures.ts';
import { batchKinds, snapshot, writeKinds } from '../support/write-model.ts';
import { type Sequence, sequences } from '../support/write-model-commands.ts';
import { startFaultLayer } from '../support/write-model-faults.ts';
import { runSequence, type Tally } from '../support/write-model-run.ts';

/*
 * Random sequences of writes, confirmations, faults and restarts, held against a small model: the programme ends as the
 * model does, and the audit log accounts for every change. `SOAK=1` runs them all.
 */

const SOAK = process.env.SOAK === '1';
const SEQUENCES = SOAK ? Number(process.env.SOAK_SEQUENCES ?? 2_000) : 75;
const SEED = Number(process.env.SEED ?? 20_260_601);

const DAY = 86_400_000;

/** A few more commissions that are due, several of them for the same purchase. */
function addDue(programme: Programme): void {
  const [now, open] = [programme.now(), programme.purchases.rows.filter(({ cancelled }) => !cancelled)];
  for (let index = 0; index < 8; index += 1) {
    const purchase = open[index % 5];
    if (!purchase) throw new Error('no purchase');
    const [affiliateId, amount] = [1_001 + (index % 3), 100 * (index + 1)];
    const terms = { amount, currency: 'USD', cancelled: false, paid: false, note: null };
    programme.addCommission({
      ...terms,
      affiliateId,
      purchaseId: purchase.id,
      earnedAt: now - 9 * DAY,
      dueAt: now - DAY,
    });
  }
}

const operations = groups.flatMap((group) => group.operations);

/** A write as it goes over the wire, whichever side tells of it. */
const wire = (method: string, path: string, query: object = {}, body: object = {}) =>
  JSON.stringify([method, path, Object.entries({ ...query, ...body }).sort()]);

function wireOf({ operation: name, arguments: args }: Change): string {
  const operation = operations.find((one) => one.name === name);
  if (!operation) throw new Error(`no operation ${name}`);
  const { method, path, query = {}, body = {} } = bind(operation, args);
  return wire(method, path, query as object, body as object);
}

const countBy = (keys: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

/** Whether the log accounts for what LeadDyno did, judged without the model. */
function expectAccount({ requests }: Sandbox, changes: readonly Change[]): void {
  const writes = requests.filter(({ method }) => method !== 'GET');
  const wireOfRequest = ({ method, path, query, body }: (typeof writes)[number]) =>
    wire(method, path, query, (body ?? {}) as object);
  const happened = countBy(writes.filter(({ status }) => status < 300).map(wireOfRequest));
  const of = (...outcomes: Change['outcome'][]) =>
    countBy(changes.filter(({ outcome }) => outcomes.includes(outcome)).map(wireOf));
  const [done, sent] = [of('done'), of('done', 'unknown')];
  for (const [key, count] of happened) {
    expect(sent.get(key) ?? 0, `in the log: ${key}`).toBeGreaterThanOrEqual(count);
    expect(done.get(key) ?? 0, `done in the log: ${key}`).toBeLessThanOrEqual(count);
  }
  for (const [key, count] of done) expect(happened.get(key) ?? 0, `happened: ${key}`).toBeGreaterThanOrEqual(count);
  const all = countBy(changes.map(wireOf));
  for (const [key, count] of countBy(writes.map(wireOfRequest))) {
    expect(all.get(key) ?? 0, `entries for ${key}`).toBeGreaterThanOrEqual(count);
  }
}

/** Entries as comparable lines, in an order of their own: a batch sends its writes as they come. */
const lines = (entries: readonly Pick<Change, 'tool' | 'operation' | 'arguments' | 'confirmed' | 'outcome'>[]) =>
  entries
    .map(({ tool, operation, arguments: args, confirmed, outcome }) =>
      JSON.stringify([tool, operation, Object.entries(args).sort(), confirmed, outcome]),
    )
    .sort();

it(`the programme and the audit log are as the model says after each of ${SEQUENCES} sequences`, {
  timeout: SOAK ? 1_800_000 : 120_000,
}, async () => {
  const layer = await startFaultLayer();
  const tally: Tally = { commands: 0, sent: 0, happened: 0 };
  let runs = 0;

  async function judge(sequence: Sequence): Promise<void> {
    const sandbox = closeAtEnd(
      await startSandbox({
        ...{ seed: 7, key: KEY, rateLimit: 0, now: new Date('2026-06-01T12:00:00Z') },
        ...{ affiliates: 14, leads: 20, purchases: 24, visitors: 4 },
      }),
    );
    const folder = temporaryFolder();
    try {
      addDue(sandbox.programme);
      layer.target = sandbox.url;
      const { model, logged, changes } = await runSequence(sequence, sandbox, layer, folder.path, tally);
      expect(snapshot(sandbox.programme)).toEqual(model);
      expectAccount(sandbox, changes);
      expect(lines(changes)).toEqual(lines(logged));
      runs += 1;
    } finally {
      await folder.close();
      await sandbox.close();
    }
  }

  const began = performance.now();
  await fc.assert(fc.asyncProperty(sequences(writeKinds.length, batchKinds.length), judge), {
    numRuns: SEQUENCES,
    seed: SEED,
  });
  noteSoaked('sequences', runs);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  stdout.write(
    `writes: ${runs} sequences, ${tally.commands} commands, ${tally.sent} writes sent (${layer.broken} faults on the way), ${tally.happened} carried out, 0 differences between programme, model and audit log; seed ${SEED}, ${seconds} s\n`,
  );
});
