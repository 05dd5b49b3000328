import { type Option, optionRows } from '../../src/config/options.ts';
import { toolsets } from '../../src/workflows/toolsets.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';

/** The README with its generated tables brought up to date between their markers. */
export function withTables(readme: string): string {
  return between(between(readme, 'tools', toolTables()), 'options', optionTable());
}

function between(text: string, name: string, table: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [before, rest, ...more] = text.split(start);
  const [, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`the README needs ${start} and ${end} once each, in this order`);
  }
  return `${before}${start}\n\n${table}\n\n${end}${after}`;
}

/** One table for each group of tools. */
function toolTables(): string {
  return toolsets
    .map(({ name, description, tools }) => {
      const rows = tools.map((tool) => [
        code(tool.name),
        firstSentence(tool.description),
        tool.effect,
        asksFirst(tool),
      ]);
      return `**${name}**: ${description}\n\n${table(['tool', 'what it does', 'effect', 'asks first'], rows)}`;
    })
    .join('\n\n');
}

function asksFirst(tool: Tool): string {
  // Every workflow that writes has one question for all it does.
  if (isWorkflow(tool)) return tool.effect === 'read' ? '' : 'yes';
  if (!tool.confirm) return '';
  return tool.confirm.when ? 'depends' : 'yes';
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

function firstSentence(description: string): string {
  return /^.*?\.(?=\s|$)/.exec(description)?.[0] ?? description;
}

const code = (text: string) => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
