import { didYouMean } from '../config/did-you-mean.ts';
import { optionRows } from '../config/options.ts';
import { isObject, type JsonObject, parseJson } from '../json.ts';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';

/* What a person types to call a tool, and the help they get. */

/** The command line of `call`. */
export interface ToolWords {
  readonly tool: string | undefined;
  /** The arguments of the tool, as typed. */
  readonly given: readonly string[];
  /** The options of the server. */
  readonly options: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly token: string | undefined;
}

const TOKEN = '--confirmation-token';

/** Options whose value is the next word. */
const TAKING = new Set([
  TOKEN,
  ...optionRows.flatMap(([, { flag, kind }]) => (kind === 'switch' ? [] : [`--${flag}`])),
]);

/** Separates options from the tool and its arguments, in any order. */
export function readToolWords(args: readonly string[]): ToolWords | { readonly problem: string } {
  const given: string[] = [];
  const options: string[] = [];
  const own = { json: false, help: false };
  let token: string | undefined;
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--json') own.json = true;
    else if (word === '--help' || word === '-h') own.help = true;
    else if (word === TOKEN || word.startsWith(`${TOKEN}=`)) {
      token = (word === TOKEN ? words.shift() : word.slice(TOKEN.length + 1))?.trim();
      if (!token) return { problem: `${TOKEN} is given without a value.` };
    } else if (word.startsWith('-') && word !== '-') {
      options.push(word);
      const value = TAKING.has(word) ? words.shift() : undefined;
      if (value !== undefined) options.push(value);
    } else given.push(word);
  }
  const [tool, ...rest] = given;
  return { tool, given: rest, options, ...own, token };
}

/** `name=value`, where the name could be an argument's. */
const PAIR = /^([A-Za-z_]\w*)=(.*)$/s;

/**
 * The arguments of a tool: one JSON object, `-` for one on standard input, or `name=value` for each. The server
 * converts the text of a value to the type that the tool needs, as it does for hosts.
 */
export async function readToolArguments(
  given: readonly string[],
  schema: JsonObject,
  readInput: () => Promise<string>,
): Promise<JsonObject | { readonly problem: string }> {
  const [first, ...more] = given;
  if (first === undefined) return {};
  if (PAIR.test(first)) return readPairs(given, schema);
  if (more.length > 0) return { problem: 'Give one JSON object, or name=value for each argument.' };
  const value = parseJson(first === '-' ? await readInput() : first)?.value;
  if (isObject(value)) return value;
  const where = first === '-' ? 'What came on standard input' : 'The second word';
  return {
    problem: `${where} is not a JSON object such as {"limit": 5}. Where the shell changes quotes, write name=value, or - and give the object on standard input.`,
  };
}

function readPairs(pairs: readonly string[], { properties }: JsonObject): JsonObject | { readonly problem: string } {
  const known = Object.keys(isObject(properties) ? properties : {});
  const args: JsonObject = {};
  for (const pair of pairs) {
    const [, name = '', value = ''] = PAIR.exec(pair) ?? [];
    if (name === '') return { problem: `${JSON.stringify(pair)} is not name=value, as the arguments before it are.` };
    if (Object.hasOwn(args, name)) return { problem: `${name} is given twice. A list is written ${name}=[1,2].` };
    if (!known.includes(name)) return { problem: `There is no argument ${name}.${didYouMean(name, known)}` };
    args[name] = value;
  }
  return args;
}

/** The tools, one per line, or as JSON for programs. */
export function listOfTools(tools: readonly Tool[], json: boolean): string {
  if (json) {
    const rows = tools.map(({ name, title, description, effect }) => ({ name, title, description, effect }));
    return `${JSON.stringify(rows)}\n`;
  }
  const width = Math.max(...tools.map(({ name }) => name.length));
  const lines = (some: readonly Tool[]) =>
    some.map(({ name, description }) => `  ${name.padEnd(width)}  ${firstSentence(description)}\n`).join('');
  const jobs = tools.filter(isWorkflow);
  const operations = tools.filter((tool) => !isWorkflow(tool));
  return [
    ...(jobs.length > 0 ? [`Whole jobs:\n${lines(jobs)}\n`] : []),
    ...(operations.length > 0 ? [`Operations of LeadDyno:\n${lines(operations)}\n`] : []),
    'The arguments of one: leaddyno-mcp call TOOL --help\n',
  ].join('');
}

/** Text up to the end of its first sentence. */
const firstSentence = (text: string) =>
  /^.*?[.:](?=\s|$)/s
    .exec(text)?.[0]
    .replace(/:$/, '.')
    .replace(/ \([^)]*$/, '.') ?? text;

/** One tool and its arguments. */
export function pageOfTool({ name, title, description }: Tool, schema: JsonObject): string {
  const { properties, required } = schema;
  const needed = Array.isArray(required) ? required : [];
  const args = Object.entries(isObject(properties) ? properties : {}).flatMap(([argument, about]) => {
    if (!isObject(about)) return [];
    const more = [
      kindOf(about),
      ...(needed.includes(argument) ? ['needed'] : []),
      ...(about.default === undefined ? [] : [`default ${JSON.stringify(about.default)}`]),
    ];
    const said = typeof about.description === 'string' ? `\n      ${about.description}` : '';
    return [`  ${argument} (${more.join(', ')})${said}\n`];
  });
  return [
    `${name}: ${title}\n\n${description}\n\n`,
    ...(args.length > 0 ? ['Arguments:\n', ...args] : ['It takes no arguments.\n']),
  ].join('');
}

function kindOf({ type, enum: words, items }: JsonObject): string {
  if (Array.isArray(words)) return words.map(String).join(' | ');
  if (type === 'array') return `list of ${isObject(items) ? kindOf(items) : 'any'}`;
  return typeof type === 'string' ? type : 'any';
}
