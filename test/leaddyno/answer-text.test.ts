import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerpt, readErrorBody } from '../../src/leaddyno/answer-text.ts';

describe('what an error body says', () => {
  test.each([
    ['{"error": "Affiliate not found"}', 'Affiliate not found'],
    [
      '{"error": {"email": ["is invalid", "is taken"], "amount": "must be positive"}}',
      'email: is invalid, is taken; amount: must be positive',
    ],
    ['{"errors": {"email": ["is invalid"]}}', 'email: is invalid'],
    ['{"errors": ["one", "two"]}', 'one, two'],
    ['{"errors": [{"message": "is wrong", "code": 5}]}', 'is wrong'],
    ['{"error": {"message": ["is too long"]}}', 'message: is too long'],
    ['{"error": {"message": "no such thing", "type": "x"}}', 'no such thing'],
    ['{"message": "rate limit exceeded"}', 'rate limit exceeded'],
    ['{"status": 500, "error": "Internal Server Error"}', 'Internal Server Error'],
    ['{"error": "", "message": "the other"}', 'the other'],
    ['{"error": true, "message": "the other"}', 'the other'],
    ['{"error": 422, "message": "the other"}', 'the other'],
    ['{"error": true, "code": 5}', 'error: true; code: 5'],
    ['{"success": false, "message": "the other"}', 'the other'],
    ['{"email": ["is invalid"]}', 'email: is invalid'],
    ['"just text"', 'just text'],
    ['["a", "b"]', 'a, b'],
    ['Service   Unavailable\n', 'Service Unavailable'],
    ['<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>', '502 Bad Gateway'],
    ['<html><body><h1>Sorry &amp; good night</h1><p>We will be back</p></body></html>', 'Sorry & good night'],
    [
      '<!doctype html><style>p { color: red }</style><script>alert(1)</script><p>We will be <b>back</b></p>',
      'We will be back',
    ],
    ['{"error": "a\\u001b[31mred\\u200b\\u202e text\\u0000"}', 'ared text'],
    ['{"error": {"amount": 3, "ok": false}}', 'amount: 3; ok: false'],
  ])('%s', (body, said) => {
    expect(readErrorBody(body)).toBe(said);
  });

  test.each([
    '',
    '   ',
    'null',
    '{}',
    '[]',
    '{"error": null}',
    '{"error": {}}',
    '{"error": ""}',
    '""',
    '<html></html>',
  ])('nothing: %s', (body) => {
    expect(readErrorBody(body)).toBeUndefined();
  });

  test('is cut to 300 characters, never through the middle of one', () => {
    const said = readErrorBody(JSON.stringify({ error: '😀'.repeat(400) })) ?? '';
    expect(said.length).toBeLessThanOrEqual(300);
    expect(said.endsWith('…')).toBe(true);
    expect(said.isWellFormed()).toBe(true);
  });
});

describe('an excerpt', () => {
  test('loses tags and invisible characters and is cut', () => {
    expect(excerpt('<p>Hello\u0007 <b>world</b></p>', 200)).toBe('Hello world');
    expect(excerpt('x'.repeat(500), 200)).toHaveLength(200);
    expect(excerpt('<br>', 200)).toBeUndefined();
  });
});

describe('whatever arrives', () => {
  const check = (body: string) => {
    for (const said of [readErrorBody(body), excerpt(body, 200)]) {
      if (said === undefined) continue;
      expect(said.length).toBeLessThanOrEqual(300);
      expect(said.length).toBeGreaterThan(0);
      expect(said).not.toMatch(/\p{Cc}/u);
      expect(said.isWellFormed()).toBe(true);
    }
  };

  test('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), check));
  });

  test('any JSON', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 8, noUnicodeString: false }), check));
  });

  test('any JSON under the usual names', () => {
    fc.assert(
      fc.property(fc.constantFrom('error', 'errors', 'message', '__proto__'), fc.jsonValue(), (name, value) =>
        check(`{"${name}": ${JSON.stringify(value)}}`),
      ),
    );
  });

  test.each([
    ['deep lists', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['deep objects', `${'{"error":'.repeat(50_000)}1${'}'.repeat(50_000)}`],
    ['a huge list', JSON.stringify({ errors: Array.from({ length: 200_000 }, (_, index) => `wrong ${index}`) })],
    ['a wide tree', JSON.stringify(spread(5))],
    ['a huge text', 'x'.repeat(5_000_000)],
    ['a million tags', '<p'.repeat(1_000_000)],
    ['unclosed scripts', '<script>'.repeat(200_000)],
    ['unclosed titles', '<title'.repeat(200_000)],
    ['unclosed comments', '<!--'.repeat(200_000)],
  ])('%s', (_name, body) => {
    const began = performance.now();
    check(body);
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

/** A tree in which every node has twelve children. */
function spread(depth: number): unknown {
  return depth === 0 ? 'text' : Array.from({ length: 12 }, () => spread(depth - 1));
}
