import { describe, expect, it, test } from 'vitest';
import { email } from '../../src/operations/inputs.ts';
import { addressForm, codeForm, flawOfAddress, keyForm, writtenAddress } from '../../src/records/keys.ts';
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

describe('a purchase code', () => {
  it.each(['ORD\u200b-1', 'ORD\u00ad-1', 'ORD-1\u2800', 'ORD\u20101', 'ORD\u22121', '\u041eRD-1', 'ord-1 '])(
    '%j may be taken for ORD-1',
    (other) => {
      expect(codeForm(other)).toBe(codeForm('ORD-1'));
    },
  );

  it.each(['ORD-11', 'ORD1', 'ORD_1', 'ORD-2', 'OR-D1'])('%j is another than ORD-1', (other) => {
    expect(codeForm(other)).not.toBe(codeForm('ORD-1'));
  });

  test('is found by what can be seen of it: records are not taken for one another by it', () => {
    expect(keyForm('ORD\u200b-1')).not.toBe(keyForm('ORD-1'));
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

  it.each([
    'jane@example.com',
    'o.brien+1@example.co.uk',
    'zoë@example.com',
    'иван@пример.рф',
    '太郎@example.jp',
    'jörg@bücher-müller.example',
    'nguyễn@ví-dụ.vn',
    'παράδειγμα@παράδειγμα.ελ',
    'राम@उदाहरण.भारत',
    'col·lega@paral·lel.cat',
    'リンク・太郎@例え.jp',
    'a@1-800.example',
    'jane_doe/x=1@mail.example.com',
  ])('of one script is paid to: %j', (address) => {
    expect(flawOfAddress(address)).toBeUndefined();
  });

  it.each([
    'jane@gma\u0131l.com',
    'jane@gm\u0251il.com',
    'ja\u01c0ne@example.com',
    'jane@example\u3002com',
    'jane@example\uff61com',
    'ja\ufffcne@example.com',
    'ja\u{16fe4}ne@example.com',
    'jane\u2010x@example.com',
    'ja\u0332ne@example.com',
    'ja\u0660ne@example.com',
    'ja\u02d0ne@example.com',
    'jane\u2215x@example.com',
    'ja\u{1f600}ne@example.com',
    'ja\u00b7ne@example.com',
    '太\u{16fe4}郎@例え.jp',
  ])('of characters that pass for others is held: %j', (address) => {
    expect(flawOfAddress(address)).toContain('characters that pass for others');
  });

  it.each([
    'jane@example.com.',
    'jane@x..com',
    'jane@.x.com',
    '.jane@x.com',
    'jane.@x.com',
    'ja..ne@x.com',
    'jane@-x.com',
    'jane@x-.com',
    'jane@x_y.com',
    'jane@localhost',
    'jane@192.0.2.1',
    `jane@${'x'.repeat(64)}.com`,
  ])('that no mail service has is held: %j', (address) => {
    expect(flawOfAddress(address)).toContain('no mail service has such an address');
  });

  it.each([
    ['jane@[192.0.2.1]', 'unusable'],
    ['ja\\ne@example.com', 'unusable'],
    ['jane@\u{e0fff}x.com', 'unusable'],
    ['jane@\u0378x.com', 'unusable'],
    ['jane@xn--pypal-4ve.com', 'coded form'],
    ['jane@mail.XN--pypal-4ve.com', 'coded form'],
    ['jane@gmai1.com', 'looks like that of a large provider'],
  ])('%j is held', (address, why) => {
    expect(flawOfAddress(address)).toContain(why);
  });

  test('is written in one form', () => {
    expect(writtenAddress('ｊａｎｅ@example.com')).toBe('jane@example.com');
    expect(flawOfAddress('ｊａｎｅ@example.com')).toBeUndefined();
  });
});
