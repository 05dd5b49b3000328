import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { openAccount, type Shared } from '../account.ts';
import { type Config, readConfig } from '../config/config.ts';
import { didYouMean } from '../config/did-you-mean.ts';
import { settingsFolder } from '../config/help.ts';
import { isObject, type JsonObject, recordIn, rowsIn } from '../json.ts';
import { CONFIRMATION_MS } from '../mcp/confirmations.ts';
import { listedSchemas } from '../mcp/listed-schemas.ts';
import { buildServer } from '../mcp/server.ts';
import { checkOf } from '../operations/operation.ts';
import { openSoleUpstream } from '../upstream.ts';
import { version } from '../version.ts';
import type { Tool } from '../workflows/workflow.ts';
import { callInProcess, Stopped } from './direct-client.ts';
import { openLastingConfirmations } from './lasting-confirmations.ts';
import { type Environment, explained, type Printed, refused } from './output.ts';
import { listOfTools, pageOfTool, readToolArguments, readToolWords, type ToolWords } from './tool-command-line.ts';

export const USAGE = `Usage: leaddyno-mcp call                         the tools
       leaddyno-mcp call TOOL --help             the arguments of one
       leaddyno-mcp call TOOL ['{…}' | NAME=VALUE … | -] [--json] [--confirmation-token TOKEN] [options of the server]

One tool from the shell, as the server carries it out: the same checks, questions, audit log and limits.
  '{…}'         the arguments as a JSON object; - takes it from standard input
  NAME=VALUE    one argument each, such as limit=5 affiliate_ids=1002,1229
  --json        the structured result on one line, errors too
  --confirmation-token TOKEN
                goes on after a question that was printed with this token; the same arguments again
A tool that moves money or ends something asks first. In a terminal only "yes" goes on; elsewhere the question and a
token are printed, for five minutes, and nothing is done (--confirm strict: only in a terminal).
Files that tools make are written with --export-folder FOLDER.
Exit codes: 0 done; 1 it failed, or not all of it was done; 2 the arguments or options are wrong, nothing was sent;
3 it waits for a yes, or the answer was no: nothing was done; 4 it may have happened: look before you repeat it.
`;

/** What the command needs from the process. */
export interface ToolSurroundings {
  readonly env: Environment;
  readonly input: Readable;
  /** Where questions and progress are shown. */
  readonly screen: Writable;
  /** Whether a person uses both. */
  readonly attended: boolean;
  readonly tell: (line: string) => void;
  readonly stopped: AbortSignal;
  /** Opens what all tools of a process share. */
  readonly open: (config: Config) => Promise<Shared & { close(): Promise<void> }>;
  /** How files are read and written on this machine, if `--export-folder` says where. */
  readonly files: (folder: string) => Pick<Shared, 'saveFile' | 'readGiven'>;
}

/** Long, because no host is waiting. */
const LIMIT_MS = 15 * 60_000;

/** `leaddyno-mcp call`: one tool, through the real server in this process. */
export async function runToolCommand(args: readonly string[], surroundings: ToolSurroundings): Promise<Printed> {
  const words = readToolWords(args);
  if ('problem' in words) return refused(`${words.problem}\n${USAGE.trimEnd()}`);
  if (words.tool === undefined && words.help) return explained(USAGE);
  const isLook = words.tool === undefined || words.help;
  // Showing the tools needs no key; an accounts file is not opened for that.
  const named =
    Boolean(surroundings.env.LEADDYNO_MCP_ACCOUNTS) || words.options.some((one) => /^--accounts\b/.test(one));
  const keyless = isLook && !named;
  const invocation = readConfig(keyless ? [...words.options, '--start-without-key'] : words.options, surroundings.env);
  if (invocation.run === 'refuse') return refused(invocation.message);
  if (invocation.run !== 'serve') return explained(`${version}\n`);
  const { config } = invocation;
  if (words.tool === undefined) return explained(listOfTools(config.tools, words.json));
  const tool = config.tools.find(({ name }) => name === words.tool);
  if (!tool) {
    const names = config.tools.map(({ name }) => name);
    return refused(
      `There is no tool ${JSON.stringify(words.tool)}, or it is switched off.${didYouMean(words.tool, names)} leaddyno-mcp call lists them.`,
    );
  }
  const { input: schema } = await listedSchemas(tool);
  if (words.help) return explained(pageOfTool(tool, schema));
  if (config.http?.callerKey) return refused('call needs a key of its own: it does not go with --caller-key.');
  return await useTool(tool, words, config, surroundings);
}

async function useTool(tool: Tool, words: ToolWords, config: Config, surroundings: ToolSurroundings): Promise<Printed> {
  const { input: schema } = await listedSchemas(tool);
  const given = await readToolArguments(words.given, schema, () => readAll(surroundings.input));
  if ('problem' in given && typeof given.problem === 'string') return refused(given.problem);
  const args: JsonObject = { ...given, ...(words.token !== undefined && { confirmation_token: words.token }) };
  const upstream = await openSoleUpstream(config);
  const shared = await surroundings.open(config);
  const kept = lastingFor(config, shared, surroundings.env);
  const { exportFolder } = config;
  const files = exportFolder === undefined ? {} : surroundings.files(exportFolder);
  const account = openAccount(upstream.url, upstream.key, { ...shared, ...kept, ...files });
  // A person at a terminal has as long to answer as a confirmation is valid.
  const services = { ...account, workflowMs: LIMIT_MS, formWaitMs: CONFIRMATION_MS };
  const asksHere = surroundings.attended && !words.given.includes('-') && config.confirm !== 'token';
  try {
    const result = await callInProcess(buildServer({ version, tools: config.tools, services }), tool.name, args, {
      version,
      tell: surroundings.tell,
      stopped: surroundings.stopped,
      ...(asksHere && { ask: (question: string) => askOn(question, surroundings) }),
    });
    return printed(result, words, { lasts: kept !== undefined });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const writes = tool.effect !== 'read' && !config.dryRun;
    const fate = writes
      ? `It may have happened, in whole or in part: check with ${checkOf(tool, args)} before you repeat it.`
      : 'It was reading, and changed nothing.';
    return { code: writes ? 4 : 1, out: '', error: `Stopped. ${fate}\n` };
  } finally {
    await services.client.close();
    await shared.close();
    await upstream.close();
  }
}

/** Confirmations that outlive this process: shared by Redis or stored in a folder; undefined if neither is possible. */
function lastingFor(config: Config, shared: Shared, env: Environment) {
  const { confirmations, memory } = shared;
  if (config.redis !== undefined && config.stateSecret !== undefined) return { confirmations, memory };
  const folder = settingsFolder(env);
  if (folder === undefined) return undefined;
  try {
    const lasting = openLastingConfirmations(`${folder}/confirmations`);
    return memory.shared ? { ...lasting, memory } : lasting;
  } catch {
    return undefined;
  }
}

async function readAll(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** Asks the question, word for word; any answer other than "yes" is a no. */
async function askOn(question: string, { input, screen, stopped }: ToolSurroundings): Promise<boolean> {
  screen.write(`${question}\n\n`);
  const line = createInterface({ input, output: screen, terminal: true });
  try {
    const answer = line.question('Type yes to go on: ', { signal: stopped });
    const gone = new Promise<string>((resolve) => {
      line.once('SIGINT', () => resolve(''));
      line.once('close', () => resolve(''));
    });
    return (await Promise.race([answer, gone])).trim() === 'yes';
  } finally {
    line.close();
  }
}

const NO_LASTING =
  'The token ends with this process, because its folder cannot be written to: confirm in a terminal instead.';

/** The output and exit code of a call. */
function printed(
  { content, structuredContent, isError }: CallToolResult,
  { json, given }: Pick<ToolWords, 'json' | 'given'>,
  { lasts }: { readonly lasts: boolean },
): Printed {
  const result = isObject(structuredContent) ? structuredContent : {};
  const [block] = content;
  const said = block?.type === 'text' ? block.text : '';
  const code = codeOf(result, isError === true);
  const lines = [...filesGone(result), ...('confirmation' in result && !lasts ? [NO_LASTING] : [])];
  const error = lines.map((line) => `${line}\n`).join('');
  if (json) return { code, out: `${JSON.stringify(result)}\n`, error };
  if (isError) return { code, out: '', error: `${said}\n${error}` };
  if ('confirmation' in result) {
    const { question, confirmation_token: token, expires_at: until } = recordIn(result, 'confirmation');
    const again = given.includes('-') ? 'the same arguments' : 'the same call';
    return {
      code,
      out: `${question}\n\nconfirmation_token: ${token}\n`,
      error: `Nothing has been done. With a yes of the person it concerns: ${again}, and --confirmation-token, by ${until}.\n${error}`,
    };
  }
  return { code, out: `${JSON.stringify(result, null, 2)}\n`, error };
}

function codeOf(result: JsonObject, isError: boolean): Printed['code'] {
  const { may_have_happened: maybe, reason, status } = recordIn(result, 'error');
  if (maybe === true || rowsIn(result, 'unknown').length > 0) return 4;
  if ('confirmation' in result || result.declined === true || reason === 'confirmation_required') return 3;
  if (isError) return reason === 'invalid' && status === undefined ? 2 : 1;
  const open = ['failed', 'left', 'not_created'].some((name) => Array.isArray(result[name]) && result[name].length > 0);
  return open ? 1 : 0;
}

/** A line about files that were created but not saved. */
function filesGone(result: JsonObject): string[] {
  const gone = rowsIn(result, 'files').filter(({ path }) => path === undefined);
  if (gone.length === 0) return [];
  const names = gone.map(({ name }) => name).join(', ');
  return [`Made, and gone with this call: ${names}. --export-folder FOLDER writes such files.`];
}
