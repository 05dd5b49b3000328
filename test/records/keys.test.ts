import { describe, expect, it, test } from 'vitest';
import { email } from '../../src/operations/inputs.ts';
import { addressForm, flawOfAddress, keyForm, writtenAddress } from '../../src/records/keys.ts';
import { isLookAlike } from '../../src/records/look-alikes.ts';
import { mailboxOf } from '../../src/records/people.ts';

describe('a key', () => {
  it.each([
    ['ORD-1', 'ord-1 '],
    ['ord  1', '\tORD 1'],
    ['Straße', 'STRASSE'],
    ['ＯＲＤ-１', 'ord-1'],
    ['e\u0301t\u00e9', 'ÉTÉ'],
    ['ΟΔΟΣ', 'οδος'],
    ['jane@example.com', ' JANE@Example.com'],
  ])('%j is %j', (one, other) => {
    expect(keyForm(one)).toBe(keyForm(other));
  });

  it.each([
    ['ord-1', 'ord1'],
    ['ord-1', 'ord-11'],
    ['é', 'e'],
    ['', '-'],
  ])('%j is not %j', (one, other) => {
    expect(keyForm(one)).not.toBe(keyForm(other));
  });
});

/** What a reader cannot see, or takes for nothing. */
const UNSEEN = [
  '\u034f',
  '\u3164',
  '\ufe0f',
  '\u2800',
  '\u00ad',
  '\u200b',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u{e0041}',
  '\u115f',
];

describe('an address', () => {
  it.each(UNSEEN)('that holds %j is held, and is the same as without it', (unseen) => {
    expect(flawOfAddress(`ja${unseen}ne@example.com`)).toContain('invisible');
    expect(addressForm(`ja${unseen}ne@example.com`)).toBe('jane@example.com');
    expect(mailboxOf(`ja${unseen}ne@example.com`)).toBe(mailboxOf('JANE@example.com'));
  });

  test('that holds any character which nobody sees is held, refused on writing, and the same as without it', () => {
    const takes = (address: string) => email('').safeParse(address).success;
    const seen: string[] = [];
    for (let point = 0x80; point <= 0x10ffff; point += 1) {
      const char = String.fromCodePoint(point);
      const blank = /[\p{Default_Ignorable_Code_Point}\u2800]/u.test(char);
      if (!blank && !/[\p{Z}\p{Cc}]/u.test(char)) continue;
      const address = `ja${char}ne@example.com`;
      const held = flawOfAddress(address) !== undefined && !takes(address);
      if (!held || (blank && mailboxOf(address) !== 'jane@example.com')) seen.push(point.toString(16));
    }
    expect(seen).toEqual([]);
  });

  it.each([
    'j\u0430ne@example.com',
    'jane@ex\u0430mple.com',
    '\u0430\u0441\u0435@example.com',
    'jane@\u03b1.gr',
    'j\u0561@x.am',
  ])('of mixed scripts is held: %j', (address) => {
    expect(flawOfAddress(address)).toContain('mixes scripts');
    // The same rule flags it.
    expect(isLookAlike(address)).toBe(true);
  });

  it.each(['jane@example.com', 'o.brien+1@example.co.uk', 'zoë@example.com', 'иван@пример.рф', '太郎@example.jp'])(
    'of one script is paid to: %j',
    (address) => {
      expect(flawOfAddress(address)).toBeUndefined();
    },
  );

  test('is written in one form', () => {
    expect(writtenAddress('ｊａｎｅ@example.com')).toBe('jane@example.com');
    expect(flawOfAddress('ｊａｎｅ@example.com')).toBeUndefined();
  });
});
