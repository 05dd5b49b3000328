import { type Option, optionRows } from '../../src/config/options.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';

/** The README with its generated tables updated between their markers. */
export function withTables(readme: string): string {
  return between(between(readme, 'tools', toolTables()), 'options', optionTable());
}

/** Replaces the text between the markers of this name. @throws if the markers are not there exactly once */
export function between(text: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [before, rest, ...more] = text.split(start);
  const [, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`the text needs ${start} and ${end} once each, in this order`);
  }
  return `${before}${start}\n\n${table}\n\n${end}${after}`;
}

/** The tools by toolset; those that ask for a confirmation are bold. */
function toolTables(): string {
  const rows = toolsets.map(({ name, description, tools }) => [
    code(name),
    tools.map((tool) => (asksFirst(tool) ? `**${code(tool.name)}**` : code(tool.name))).join(', '),
    `${description}.`,
  ]);
  return table(['toolset', 'tools', 'what for'], rows);
}

function asksFirst(tool: Tool): boolean {
  // Every workflow that writes asks one question for all its writes.
  return isWorkflow(tool) ? tool.effect !== 'read' : tool.confirm !== undefined;
}

/** A table of all tools that write: when they ask, what the question shows, how to undo the change. */
export function askingTable(): string {
  const rows = toolsets
    .flatMap(({ tools }) => tools)
    .filter(({ effect }) => effect !== 'read')
    .map((tool) => {
      const { when, shows } = asksOf(tool);
      return [code(tool.name), when, shows, tool.undo ?? 'as the question says, by action'];
    });
  return table(['tool', 'asks', 'the question shows, besides all that is sent', 'undo'], rows);
}

/** When a tool asks and what its question shows. Tests check that every tool that writes declares this. */
export function asksOf(tool: Tool): { readonly when: string; readonly shows: string } {
  if (isWorkflow(tool)) return tool.asks ?? { when: '', shows: '' };
  if (tool.confirm) return { when: tool.confirm.asks, shows: tool.confirm.shows };
  return { when: `never: it ${tool.unasked ?? ''}`, shows: '' };
}

function optionTable(): string {
  const rows = optionRows.map(([, option]) => [
    code(flag(option)),
    code(option.env),
    option.default === undefined ? '' : code(option.default),
    option.sentence,
  ]);
  return table(['flag', 'variable', 'default', 'what it does'], rows);
}

function flag({ flag: name, choices }: Option): string {
  return choices ? `--${name} ${choices.join('|')}` : `--${name}`;
}

const code = (text: string) => `\`${text}\``;

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
