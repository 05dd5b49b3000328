import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPresent } from '../../src/mcp/present.ts';
import { findInvisible, invisibleSamples } from '../support/protocol-invisible.ts';
import { stringsIn } from '../support/protocol-json.ts';

const plain = createPresent({ showDashboardLinks: false, maskPii: false, pseudonymKey: 'key' });
const masked = createPresent({ showDashboardLinks: false, maskPii: true, pseudonymKey: 'key' });

/** Texts full of what should not be in them: escapes, marks, half characters. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...invisibleSamples,
          '\u001b[31m',
          '\u001b]8;;x\u0007',
          '\u009b2J',
          '\r',
          '\n',
          '\ud83d',
          '\ude00',
        ),
        fc.constantFrom('a', '[', 'm', '@', 'ann@example.com', ';', '8', '\\', ' ', '\u{1f600}', '芳'),
      ),
    )
    .map((pieces) => pieces.join('')),
);

const keys = [
  'email',
  'first_name',
  'affiliate_dashboard_url',
  'sign_in_url',
  'custom_fields',
  'note',
  'id',
  'affiliate',
];
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('list'), tie('object')),
  leaf: fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...keys), text), tie('any'), { maxKeys: 5 }),
})).any;

describe.each([
  ['plain', plain],
  ['masked', masked],
])('a %s presentation', (_, present) => {
  it('has nothing invisible in it, in no key and no value', () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(stringsIn(present.value(any)).flatMap(findInvisible)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('of a text has nothing invisible in it', () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(findInvisible(present.text(any))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps the shape of what it presents', () => {
    const shape = (any: unknown): unknown => {
      if (Array.isArray(any)) return any.map(shape);
      if (typeof any === 'object' && any !== null) return Object.values(any).map(shape);
      return typeof any;
    };
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.array(text))), (any) => {
        expect(shape(present.value(any))).toEqual(shape(any));
      }),
    );
  });

  it('does not change what it was given', () => {
    fc.assert(
      fc.property(value, (any) => {
        const before = structuredClone(any);
        present.value(any);
        expect(any).toEqual(before);
      }),
    );
  });
});

describe('a plain presentation', () => {
  it('presented again is the same', () => {
    fc.assert(
      fc.property(value, (any) => {
        const once = plain.value(any);
        expect(plain.value(once)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves texts that people write as they are', () => {
    for (const text of [
      'José Álvarez',
      '芳 王',
      'a\n\tb',
      '\u{1f600} ok',
      'ann@example.com',
      'x '.repeat(100),
      '‘’“”…—',
    ]) {
      expect(plain.text(text)).toBe(text);
    }
  });

  it('takes terminal sequences away whole', () => {
    expect(plain.text('\u001b[1;31mred\u001b[0m \u001b]8;;https://x\u0007link\u001b]8;;\u0007\u009b2J')).toBe(
      'red link',
    );
  });

  it('makes every line break the same', () => {
    expect(plain.text('a\r\nb\rc\u2028d\u2029e\u0085f')).toBe('a\nb\nc\nd\ne\nf');
  });

  it('masks secrets at any depth, unless they are what is to be shown', () => {
    const secrets = {
      list: [{ affiliate_dashboard_url: 'https://a', sign_in_url: 'https://b', deep: { sign_in_url: 'c' } }],
    };
    expect(JSON.stringify(plain.value(secrets))).not.toMatch(/https|"c"/);
    const shown = plain.value(secrets, ['sign_in_url']);
    expect(JSON.stringify(shown)).toContain('https://b');
    expect(JSON.stringify(shown)).not.toContain('https://a');
    expect(plain.value({ affiliate_dashboard_url: null, sign_in_url: '' })).toEqual({
      affiliate_dashboard_url: null,
      sign_in_url: '',
    });
  });

  it('keeps both of two keys that differ in what is invisible alone', () => {
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 6 }), (names) => {
        const object = Object.fromEntries(names.map((name, index) => [name, index]));
        const values = Object.values(Object(plain.value(object)));
        expect(values.sort()).toEqual(Object.values(object).sort());
      }),
    );
  });
});

describe('a masked presentation', () => {
  it('holds no address of a person', () => {
    const address = fc
      .tuple(fc.stringMatching(/^[a-z][a-z.+]{0,10}$/), fc.stringMatching(/^[a-z]{1,8}$/))
      .map(([mailbox, host]) => `${mailbox}@${host}.example`);
    const around = fc.constantFrom('', ' ', '<', '(', 'mailto:', '"', ', ', '/?e=', "'");
    fc.assert(
      fc.property(
        around,
        address,
        around,
        fc.constantFrom('email', 'note', 'paypal_email'),
        (before, found, after, key) => {
          for (const spelled of [found, found.toUpperCase(), found.replace('@', '%40')]) {
            const shown = JSON.stringify(masked.value({ [key]: `${before}${spelled}${after}`, [spelled]: [spelled] }));
            expect(shown.toLowerCase()).not.toContain(found);
            expect(shown.toLowerCase()).not.toContain(found.replace('@', '%40'));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives one person one pseudonym, and each account its own', () => {
    const other = createPresent({ showDashboardLinks: false, maskPii: true, pseudonymKey: 'another key' });
    const of = (present: typeof masked, email: string) => JSON.stringify(present.value({ email }));
    expect(of(masked, 'Ann@Example.com')).toBe(of(masked, ' ann@example.com '));
    expect(of(masked, 'ann@example.com')).not.toBe(of(masked, 'anne@example.com'));
    expect(of(masked, 'ann@example.com')).not.toBe(of(other, 'ann@example.com'));
  });

  it('shows no link that logs in as one of them, whatever the operator wants besides', () => {
    const both = createPresent({ showDashboardLinks: true, maskPii: true, pseudonymKey: 'key' });
    const record = { affiliate: { affiliate_dashboard_url: 'https://dash.example.org/x', sign_in_url: 'https://s' } };
    expect(both.value(record)).toEqual(masked.value(record));
    expect(JSON.stringify(both.value(record))).not.toContain('https');
  });

  it('does not hide numbers, dates and words that are nobody', () => {
    const record = { id: 7, status: 'Active', created_at: '2026-01-31T00:00:00Z', amount: '12.50', total_leads: null };
    expect(masked.value(record)).toEqual(record);
  });
});
