import { isObject, type JsonObject } from '../json.ts';
import { isWorkflow, type Tool } from '../workflows/workflow.ts';

/** Text up to the end of its first sentence. */
const firstSentence = (text: string) =>
  /^.*?[.:](?=\s|$)/s
    .exec(text)?.[0]
    .replace(/:$/, '.')
    .replace(/ \([^)]*$/, '.') ?? text;

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
