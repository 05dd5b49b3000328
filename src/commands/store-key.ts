import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { settingsFolder } from '../config/help.ts';
import { readKeyIn } from '../config/key-files.ts';
import { keyFileIn } from './config-host.ts';
import { type Environment, explained, type Printed, refused, replaceFile } from './output.ts';

const USAGE = `Usage: leaddyno-mcp key set [--file FILE]

Reads the private API key (LeadDyno: Account, Profile) from standard input and stores it in a file that only you can
read: key in the settings folder of leaddyno-mcp, or FILE. In a terminal it asks for the key and does not show it;
otherwise: leaddyno-mcp key set < FILE
`;

/** The part of standard input that this command needs. */
export interface KeyInput extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
}

/** What the command needs from the process. */
export interface KeySurroundings {
  readonly env: Environment;
  readonly input: KeyInput;
  /** Shows the question in a terminal. */
  readonly ask: (text: string) => void;
}

/** `leaddyno-mcp key set`: stores the key in a file for hosts that do not see the shell's variables. Never shows it. */
export async function runKeyCommand(args: readonly string[], { env, input, ask }: KeySurroundings): Promise<Printed> {
  const options = { file: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  let asked: { values: { file?: string; help?: boolean }; positionals: string[] };
  try {
    asked = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch {
    return refused(USAGE.trimEnd());
  }
  if (asked.values.help) return explained(USAGE);
  // An extra argument may be the key itself, so it is not repeated.
  if (asked.positionals.length !== 1 || asked.positionals[0] !== 'set' || asked.values.file?.trim() === '') {
    return refused(`The key is read from standard input, never from the command line.\n${USAGE.trimEnd()}`);
  }
  if (asked.values.file === undefined && settingsFolder(env) === undefined) {
    return refused('There is no home folder: name a file with --file.');
  }
  const path = asked.values.file ?? keyFileIn(env);
  const given = input.isTTY ? await readHidden(input, ask) : await readAll(input);
  if (given === undefined) return { code: 1, out: '', error: 'Nothing was stored.\n' };
  const found = readKeyIn(given);
  const problem = 'problem' in found ? `What was given ${found.problem}` : flawOf(found.key);
  if (problem !== undefined || 'problem' in found)
    return { code: 1, out: '', error: `Nothing was stored. ${problem}.\n` };
  const before = existsSync(path);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    replaceFile(path, `${found.key}\n`);
  } catch (error) {
    return {
      code: 1,
      out: '',
      error: `Nothing was stored: ${path} cannot be written (${(error as NodeJS.ErrnoException).code}).\n`,
    };
  }
  return {
    code: 0,
    out: `${path}\n`,
    error: `The key ${before ? 'in this file was replaced' : 'was stored'}; only you can read it. Check that it works: leaddyno-mcp doctor --api-key-file ${path}\n`,
  };
}

/** Why something cannot be a key, judged by its form. */
function flawOf(key: string): string | undefined {
  if (/^\$\{?\w/.test(key)) return 'It is a reference to a variable that was not filled in, not the key';
  if (/^https?:/i.test(key) || key.includes('@')) return 'It is an address, not the key (LeadDyno: Account, Profile)';
  if (!/^[\x21-\x7e]+$/.test(key)) return 'It contains characters that no key has. Copy it again';
  if (key.length < 8) return 'It is too short for a key. Copy it again (LeadDyno: Account, Profile)';
  return undefined;
}

/** Maximum size of the input: more than any key. */
const MOST_BYTES = 65_536;

async function readAll(input: KeyInput): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of input) {
    parts.push(Buffer.from(part));
    size += part.length;
    if (size > MOST_BYTES) break;
  }
  return Buffer.concat(parts);
}

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'];

/** Reads one line from a terminal without showing it; undefined if the person cancels. */
async function readHidden(input: KeyInput, ask: (text: string) => void): Promise<Buffer | undefined> {
  ask('Paste the private API key (it is not shown), then press Enter: ');
  input.setRawMode?.(true);
  let line = '';
  try {
    for await (const part of input) {
      for (const letter of String(part)) {
        if (letter === CTRL_C || (letter === CTRL_D && line === '')) return undefined;
        if (letter === '\r' || letter === '\n' || letter === CTRL_D) return Buffer.from(line);
        line = letter === BACKSPACE || letter === DELETE ? line.slice(0, -1) : line + letter;
      }
    }
    return Buffer.from(line);
  } finally {
    input.setRawMode?.(false);
    ask('\n');
  }
}
