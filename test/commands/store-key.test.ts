import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type KeyInput, runKeyCommand } from '../../src/commands/store-key.ts';
import { temporaryFolder } from '../support/http-tokens.ts';
import { runBuilt } from '../support/protocol-built.ts';

/** No `secret`: the file that it is written to is where it belongs. */
const KEY = 'private-key-of-a-test-0815';

/** Standard input that holds these parts. */
function input(parts: readonly (string | Buffer)[], isTTY = false): KeyInput & { readonly raw: boolean[] } {
  const raw: boolean[] = [];
  return {
    isTTY,
    raw,
    setRawMode: (on) => raw.push(on),
    async *[Symbol.asyncIterator]() {
      yield* parts;
    },
  };
}

async function set(from: KeyInput, args: readonly string[] = ['set']) {
  const home = temporaryFolder().path;
  const asked: string[] = [];
  const file = join(home, '.config/leaddyno-mcp/key');
  const printed = await runKeyCommand(args, { env: { HOME: home }, input: from, ask: (text) => asked.push(text) });
  return { ...printed, home, file, asked: asked.join('') };
}

describe('key set', () => {
  it.each<[string, (string | Buffer)[]]>([
    ['a pipe', [`${KEY}\n`]],
    ['parts', [KEY.slice(0, 5), KEY.slice(5)]],
    ['Windows', [`\ufeff${KEY}\r\n`]],
    ['UTF-16', [Buffer.from(`\ufeff${KEY}`, 'utf16le')]],
  ])('stores what comes from %s, for its owner alone, and does not show it', async (_, parts) => {
    const { code, out, error, file } = await set(input(parts));
    expect({ code, out }, error).toEqual({ code: 0, out: `${file}\n` });
    expect(readFileSync(file, 'utf8')).toBe(`${KEY}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(out + error).not.toContain(KEY);
    expect(error).toContain(`doctor --api-key-file ${file}`);
  });

  it('asks in a terminal, shows nothing of what is typed, and leaves the terminal as it was', async () => {
    const terminal = input([`x\u007f${KEY.slice(0, 4)}`, `${KEY.slice(4)}\rrest`], true);
    const { code, file, asked, error } = await set(terminal);
    expect(code, error).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(`${KEY}\n`);
    expect(asked).toBe('Paste the private API key (it is not shown), then press Enter: \n');
    expect(terminal.raw).toEqual([true, false]);
  });

  it('stores nothing if it is broken off', async () => {
    const terminal = input(['abc\u0003'], true);
    const { code, file, error } = await set(terminal);
    expect({ code, error }).toEqual({ code: 1, error: 'Nothing was stored.\n' });
    expect(existsSync(file)).toBe(false);
    expect(terminal.raw).toEqual([true, false]);
  });

  it.each([
    ['', /is empty/],
    ['two words', /several words/],
    ['LEADDYNO_API_KEY=abcdefghijk', /NAME=value/],
    ['"abcdefghijk"', /quotation marks/],
    [['$', '{LEADDYNO_API_KEY}'].join(''), /reference to a variable/],
    ['https://app.leaddyno.com/account', /address/],
    ['ann@example.com', /address/],
    ['abc', /too short/],
    ['schlüssel-0815', /no key has/],
  ])('refuses %j and repeats nothing of it', async (text, message) => {
    const { code, out, error, file } = await set(input([text]));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(error).toMatch(message);
    expect(existsSync(file)).toBe(false);
  });

  it.each([[[]], [['show']], [['set', KEY]], [['set', '--file=']], [['set', '--key', KEY]]])(
    'takes no key from the command line: %#',
    async (args) => {
      const { code, error, file } = await set(input([KEY]), args);
      expect(code).toBe(2);
      expect(error).toContain('Usage: leaddyno-mcp key set');
      expect(error).not.toContain(KEY);
      expect(existsSync(file)).toBe(false);
    },
  );

  it('says what it replaced, and where it cannot write', async () => {
    const folder = temporaryFolder().path;
    const file = join(folder, 'key');
    writeFileSync(file, 'old', { mode: 0o644 });
    const replaced = await set(input([KEY]), ['set', '--file', file]);
    expect(replaced).toMatchObject({ code: 0, error: expect.stringContaining('was replaced') });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    mkdirSync(join(folder, 'taken'));
    const { code, error } = await set(input([KEY]), ['set', '--file', join(folder, 'taken')]);
    expect({ code, error }).toEqual({ code: 1, error: expect.stringMatching(/cannot be written/) });
  });
});

describe('the command line', () => {
  it.each([['help'], ['--help']])('%s shows the options in groups, the commands, hosts and scopes', async (word) => {
    const { code, stdout, stderr } = await runBuilt([word]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of ['Account:', '\nHTTP:', '--api-key-file FILE', 'key set', 'devin-desktop', 'leaddyno:money'])
      expect(stdout).toContain(part);
  });

  it.each(['config', 'key', 'doctor', 'report', 'token'])('help %s explains that command', async (command) => {
    const { code, stdout } = await runBuilt(['help', command]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Usage: leaddyno-mcp ${command}`));
  });

  it.each([
    [['docter'], /"docter" is neither a command nor an option\. Did you mean doctor\?/],
    [['confg', 'cursor'], /"confg" is neither a command nor an option\. Did you mean config\?/],
    [['--sandbx'], /Did you mean --sandbox\?/],
    [['--readonly', '--sandbox'], /Did you mean --read-only\?/],
    [['--sandbox', '--tools', 'payout_reprot'], /Did you mean payout_report\?/],
    [['doctor', '--sandbox', '--verbos'], /Unknown option '--verbos'/],
  ])('%j is answered with what was meant', async (args, message) => {
    const { code, stderr } = await runBuilt(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('names the variable that was meant', async () => {
    const { code, stderr } = await runBuilt(['--sandbox'], { LEADDYNO_MCP_READONLY: '1' });
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean LEADDYNO_MCP_READ_ONLY?');
  });
});
