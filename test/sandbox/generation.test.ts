import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commissionState } from '../../src/sandbox/bookkeeping.ts';
import { generateProgramme } from '../../src/sandbox/generate-programme.ts';
import { annId, benId, type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { Programme } from '../../src/sandbox/programme.ts';
import { fixedNow } from './api-call.ts';

const full = { seed: 7, now: fixedNow.getTime(), affiliates: 250, leads: 2_000, purchases: 1_200, visitors: 5_000 };

function generate(changes: Partial<typeof full> = {}): Programme {
  const options = { ...full, ...changes };
  return generateProgramme({ ...options, clock: () => options.now });
}

function dump(programme: Programme): string {
  const { affiliates, leads, purchases, commissions, visitors, campaigns, subIds } = programme;
  return (
    JSON.stringify([affiliates, leads, purchases, commissions, visitors, campaigns].map((table) => table.rows)) +
    JSON.stringify([...subIds])
  );
}

describe('determinism', () => {
  it('gives identical data for the same seed and moment', () => {
    expect(dump(generate())).toBe(dump(generate()));
  });

  it('gives other data for another seed', () => {
    expect(dump(generate({ seed: 8 }))).not.toBe(dump(generate()));
  });

  it('keeps the affiliates when other numbers are asked for', () => {
    const few = generate({ leads: 10, purchases: 5, visitors: 0 });
    expect(JSON.stringify(few.affiliates.rows)).toBe(JSON.stringify(generate().affiliates.rows));
  });

  it('moves with the moment it is generated for', () => {
    const later = generate({ now: full.now + 86_400_000 });
    const [first] = generate().purchases.rows;
    expect(later.purchases.rows[0]).toMatchObject({ createdAt: (first?.createdAt ?? 0) + 86_400_000 });
  });
});

describe('the default programme', () => {
  let sandbox: Sandbox;
  let programme: Programme;
  beforeAll(async () => {
    sandbox = await startSandbox({ now: fixedNow });
    programme = sandbox.programme;
  });
  afterAll(() => sandbox.close());

  it('has the documented size', () => {
    const { affiliates, leads, purchases, visitors, campaigns } = programme;
    expect([affiliates, leads, purchases, visitors, campaigns].map((table) => table.rows.length)).toEqual([
      250, 2_000, 1_200, 5_000, 5,
    ]);
  });

  it('has 23 pending and 12 archived affiliates, four of them rejected, in four groups', () => {
    const { rows } = programme.affiliates;
    expect(rows.filter((row) => row.status === 'Pending Approval')).toHaveLength(23);
    expect(rows.filter((row) => row.status === 'Archived')).toHaveLength(12);
    expect(rows.filter((row) => row.rejected).map((row) => row.status)).toEqual(Array(4).fill('Archived'));
    expect(new Set(rows.map((row) => row.group)).size).toBe(4);
  });

  it('lacks some payout addresses, in both spellings of nothing', () => {
    const without = programme.affiliates.rows.map((row) => row.paypalEmail).filter((email) => !email);
    expect(without.length).toBeGreaterThan(15);
    expect(without).toContain(null);
    expect(without).toContain('');
  });

  it('uses reserved domains only', () => {
    const emails = [...programme.affiliates.rows, ...programme.leads.rows].map((row) => row.email);
    expect(emails.filter((email) => !/^[a-z0-9.]+@example\.(com|org|net)$/.test(email))).toEqual([]);
    expect(new Set(emails).size).toBe(emails.length - 1);
  });

  it('starts each kind of record at its own number and keeps the order of time', () => {
    const { affiliates, leads, purchases, commissions, visitors, campaigns } = programme;
    expect([affiliates, leads, purchases, commissions, visitors, campaigns].map((table) => table.rows[0]?.id)).toEqual([
      1_001, 20_001, 300_001, 4_000_001, 50_001, 11,
    ]);
    for (const rows of [leads.rows, purchases.rows, visitors.rows]) {
      const times = rows.map((row) => row.createdAt);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it('puts every date before the moment, except due dates', () => {
    const now = fixedNow.getTime();
    const { affiliates, leads, purchases, commissions, visitors } = programme;
    const rows = [...affiliates.rows, ...leads.rows, ...purchases.rows, ...visitors.rows];
    expect(rows.every((row) => row.createdAt < now && row.updatedAt < now && row.updatedAt >= row.createdAt)).toBe(
      true,
    );
    expect(commissions.rows.every((row) => row.earnedAt < now)).toBe(true);
    expect(rows.every((row) => row.createdAt % 1_000 === 0 && row.updatedAt % 1_000 === 0)).toBe(true);
  });

  it('has purchases of every sort', () => {
    const { rows } = programme.purchases;
    const share = rows.filter((row) => row.cancelled).length / rows.length;
    expect(share).toBeGreaterThan(0.03);
    expect(share).toBeLessThan(0.09);
    expect(rows.every((row) => !row.cancelled || row.cancellation !== null)).toBe(true);
    expect(rows.filter((row) => !row.cancelled && row.cancellation !== null)).toHaveLength(2);
    expect(rows.some((row) => row.affiliateId === null)).toBe(true);
    expect(rows.some((row) => row.pendingApproval)).toBe(true);
    expect(rows.some((row) => row.lineItems.length > 0)).toBe(true);
    expect(new Set(rows.map((row) => row.currency))).toEqual(new Set(['USD', 'EUR']));
    const recent = rows.filter((row) => row.createdAt > fixedNow.getTime() - 180 * 86_400_000);
    expect(recent.length).toBeGreaterThan(rows.length / 3);
  });

  it('has commissions in every state, some by hand and some in EUR', () => {
    const { rows } = programme.commissions;
    const states = new Set(rows.map((row) => commissionState(programme, row, programme.now())));
    expect(states).toEqual(new Set(['pending', 'due', 'paid', 'cancelled']));
    const manual = rows.filter((row) => row.purchaseId === null);
    expect(manual.length).toBeGreaterThan(10);
    expect(manual.every((row) => row.note !== null)).toBe(true);
    expect(rows.some((row) => row.currency === 'EUR')).toBe(true);
    expect(rows.every((row) => Number.isSafeInteger(row.amount) && row.amount > 0)).toBe(true);
  });

  it('credits only affiliates who were there and not pending', () => {
    for (const purchase of programme.purchases.rows) {
      const affiliate = programme.affiliates.get(purchase.affiliateId ?? 0);
      if (affiliate === undefined) continue;
      expect(affiliate.status).not.toBe('Pending Approval');
      expect(affiliate.createdAt).toBeLessThan(purchase.createdAt);
    }
  });

  it('holds what a search for duplicates should find', () => {
    const { rows } = programme.affiliates;
    const sharing = rows.filter((row) => row.paypalEmail?.toLowerCase() === 'payouts@example.net');
    expect(sharing).toHaveLength(3);
    expect(rows.filter((row) => row.firstName === 'Chris' && row.lastName === 'Taylor')).toHaveLength(2);
    const ownCustomers = rows.filter((row) => {
      const lead = programme.leadByEmail(row.email);
      return lead !== undefined && programme.purchasesOfLead(lead.id).some((item) => item.affiliateId === row.id);
    });
    expect(ownCustomers.map((row) => row.email)).toEqual(['jose.alvarez@example.net']);
  });
});

describe('the records of a demonstration', () => {
  it.each([1, 2, 3, 4, 5])('are there whatever the seed (%i)', (seed) => {
    const programme = generate({ seed });
    const ann = programme.affiliates.get(annId);
    const ben = programme.affiliates.get(benId);
    expect(ann).toMatchObject({ email: 'ann.arbor@example.com', code: 'ann', status: 'Active' });
    expect(ben).toMatchObject({ email: 'ben.okafor@example.com', status: 'Pending Approval' });
    const states = programme.commissionsOf(annId).map((row) => commissionState(programme, row, programme.now()));
    expect(states).toEqual(expect.arrayContaining(['due', 'paid', 'pending']));
    expect(programme.subIds.get(annId)).toHaveLength(2);
    expect(programme.purchasesOf(benId)).toEqual([]);
  });

  it('keep their numbers in programmes of other sizes', () => {
    for (const affiliates of [2, 5, 17, 40, 60, 1_000]) {
      const programme = generate({ affiliates, leads: 20, purchases: 20, visitors: 20 });
      expect(programme.affiliates.rows).toHaveLength(affiliates);
      expect(programme.affiliateByEmail('ann.arbor@example.com')?.id).toBe(annId);
      expect(programme.affiliateByEmail('ben.okafor@example.com')).toMatchObject({
        id: benId,
        status: 'Pending Approval',
      });
    }
  });
});

describe('other sizes', () => {
  it('can be empty', () => {
    const programme = generate({ affiliates: 0, leads: 0, purchases: 0, visitors: 0 });
    expect(programme.affiliates.rows).toEqual([]);
    expect(programme.commissions.rows).toEqual([]);
  });

  it('needs leads for purchases', () => {
    expect(generate({ leads: 0 }).purchases.rows).toEqual([]);
    expect(generate({ affiliates: 0 }).purchases.rows).toHaveLength(1_200);
    expect(generate({ affiliates: 1, leads: 1, purchases: 30 }).purchases.rows).toHaveLength(30);
  });

  it('grows about linearly', () => {
    const time = (factor: number) => {
      const runs = [1, 2, 3].map(() => {
        const start = performance.now();
        generate({ leads: 2_000 * factor, purchases: 1_200 * factor, visitors: 5_000 * factor });
        return performance.now() - start;
      });
      return Math.min(...runs);
    };
    const once = time(1);
    expect(time(4)).toBeLessThan(once * 30);
  });
});
