import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CannotEdit, editJson } from '../../src/commands/edit-settings.ts';
import { type JsonObject, recordIn } from '../../src/json.ts';

const ENTRY = { command: 'node', args: ['main.js'] };
const edit = (text: string) => editJson(text, 'mcpServers', 'leaddyno', ENTRY).text;

/** A text without comments and trailing commas, for JSON.parse; not for texts that hold such signs. */
const plain = (text: string) =>
  JSON.parse(
    text
      .replace(/^\ufeff/, '')
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      .replace(/,(\s*[}\]])/g, '$1'),
  );

describe('an entry in a settings file', () => {
  it.each([
    '',
    '\n',
    '\ufeff',
    '// only a comment\n',
    '{}',
    '{ }\n',
    '{\n}\n',
    '{ // note\n}\n',
    '{"a":1}',
    '{\n  "a": 1\n}\n',
    '{\n  "a": 1,\n}\n',
    '{\n  "a": 1 // note\n}\n',
    '{\n  "a": 1, // note\n}\n',
    '{\n  "a": 1\n  // "b": 2\n}\n',
    '{\n  "a": 1 /* x */ , /* y */ // z\n}\n',
    '{"mcpServers":{}}',
    '{"mcpServers":{"x":{}},"z":[1,2,]}',
    '{\n\t"mcpServers": {\n\t\t"x": {} // note\n\t}\n}\n',
    '{\r\n  "mcpServers": {\r\n    "x": {}\r\n  }\r\n}\r\n',
    '\ufeff{"mcpServers":{"leaddyno":{"command":"old"},"x":{}}}',
    '{"mcpServers": {} /* a */ }',
  ])('is put into %j, and all else stays', (text) => {
    const after = edit(text);
    const before = safePlain(text);
    expect(plain(after)).toEqual({ ...before, mcpServers: { ...before.mcpServers, leaddyno: ENTRY } });
    const comments = (one: string) => one.match(/\/\*[\s\S]*?\*\/|\/\/.*/g) ?? [];
    expect(comments(after).map((one) => one.trim())).toEqual(comments(text).map((one) => one.trim()));
    expect(after.startsWith('\ufeff')).toBe(text.startsWith('\ufeff'));
    expect(/[^\r]\n/.test(after) && text.includes('\r\n')).toBe(false);
    // A second time changes nothing.
    expect(edit(after)).toBe(after);
  });

  it.each([
    ['{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "mcpServers": {\n    "leaddyno": {'],
    ['{\n  "a": 1, // note\n}\n', '{\n  "a": 1, // note\n  "mcpServers": {'],
    ['{\n  "a": 1 // note\n}\n', '{\n  "a": 1, // note\n  "mcpServers": {'],
    [
      '{\n\t"mcpServers": {\n\t\t"x": {}\n\t}\n}\n',
      '{\n\t"mcpServers": {\n\t\t"x": {},\n\t\t"leaddyno": {\n\t\t\t"command"',
    ],
  ])('is set in like what stands beside it: %j', (text, start) => {
    expect(edit(text).slice(0, start.length)).toBe(start);
  });

  it.each([
    '{',
    '{"a" 1}',
    "{'a': 1}",
    '{"a": 01}',
    '{"a": NaN}',
    '{} {}',
    '[1]',
    '"x"',
    '{"mcpServers": 1}',
    '{,}',
    '{"a": 1,,}',
    '/* open',
  ])('is refused in %j', (text) => {
    expect(() => edit(text)).toThrow(CannotEdit);
  });

  it('keeps every other value of any JSON file', () => {
    const servers = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }));
    const file = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(file, fc.option(servers), fc.constantFrom(0, 2, '\t'), (rest, own, space) => {
        const { mcpServers: _, ...before } = rest as Record<string, unknown>;
        const { leaddyno: __, ...others } = own ?? {};
        const whole = { ...before, ...(own && { mcpServers: others }) };
        const text = JSON.stringify(whole, null, space);
        // What JSON makes of it: it has no -0.
        const written: JsonObject = JSON.parse(text);
        expect(JSON.parse(edit(text))).toEqual({
          ...written,
          mcpServers: { ...recordIn(written, 'mcpServers'), leaddyno: ENTRY },
        });
      }),
    );
  });
});

/** As `plain`; a text that holds nothing is an empty object. */
function safePlain(text: string) {
  return text.replace(/\/\/.*|\ufeff/g, '').trim() === '' ? {} : plain(text);
}
