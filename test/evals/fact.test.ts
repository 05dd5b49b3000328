import { describe, expect, it } from 'vitest';
import { holds, numbersIn } from '../../evals/fact.ts';

const amount = { what: 'due', amount: '1234.50', currency: 'EUR' };
const ann = ['ann@example.com', 'Ann Arbor'];

describe('what an answer holds', () => {
  it.each([
    ['1,234.50 EUR'],
    ['€1234.5'],
    ['1.234,50 €'],
    ["1'234.50 euro"],
    ['1 234,50 EUR'],
    ['**EUR** 1,234.50.'],
    ['| EUR | 1 234.50 |'],
  ])('finds an amount in %s', (text) => {
    expect(holds(amount, text)).toBe(true);
    expect(holds({ ...amount, not: true }, text)).toBe(false);
  });

  it.each([['1,234.50 USD'], ['123.45 EUR'], ['12,345.00 EUR'], ['1234.51 EUR'], ['-'], ['ref 1234.50']])(
    'finds none in %s',
    (text) => expect(holds(amount, text)).toBe(false),
  );

  it('takes no date, address or place in a list for a number', () => {
    expect(numbersIn('1. on 2026-03-19T15:00:00Z c.taylor84@example.net has 7, and 2,000 or 3.5')).toEqual([
      7, 2_000, 3.5,
    ]);
  });

  it('counts in words, and nothing as zero', () => {
    expect(holds({ what: 'approved', count: 8 }, 'All eight are approved.')).toBe(true);
    expect(holds({ what: 'sold', count: 0 }, 'There were no purchases.')).toBe(true);
    expect(holds({ what: 'sold', count: 0 }, 'There were 3 purchases.')).toBe(false);
  });

  it('looks where somebody is spoken of', () => {
    const fact = { what: "Ann's", amount: '5.00', currency: 'USD', near: ann };
    expect(holds(fact, '- Ben: 5.00 USD\n- Ann Arbor: 7.00 USD')).toBe(false);
    expect(holds(fact, '- Ben: 7.00 USD\n- Ann Arbor: 5.00 USD')).toBe(true);
    expect(holds(fact, '### Ann Arbor\n\n- due: 5.00 USD\n\n### Ben\n- due: 7.00 USD')).toBe(true);
    expect(holds(fact, '### Ben\n- due: 5.00 USD\n\n### Ann Arbor\n\n- due: 7.00 USD')).toBe(false);
    expect(holds(fact, '- Ann Arbor\n  - due: 5.00 USD\n- Ben\n  - due: 7.00 USD')).toBe(true);
    expect(holds(fact, '- Ann Arbor\n  - due: 7.00 USD\n- Ben\n  - due: 5.00 USD')).toBe(false);
    expect(holds(fact, '| ann@example.com | $5 |\n| ben@example.com | $7 |')).toBe(true);
  });

  it('knows a name without its accents, and a day by its usual forms', () => {
    expect(holds({ what: 'name', anyOf: ['Søren Kjær'] }, 'Soren Kjær')).toBe(true);
    for (const day of ['2026-03-05', '5 March 2026', 'March 5, 2026', 'Mar 5', '5.3.2026', '3/5/2026']) {
      expect(holds({ what: 'day', day: '2026-03-05' }, `on ${day}`), day).toBe(true);
    }
    for (const day of ['2026-03-15', '15 March', 'March 15', '15.3.2026', 'May 5']) {
      expect(holds({ what: 'day', day: '2026-03-05' }, `on ${day}`), day).toBe(false);
    }
  });
});
