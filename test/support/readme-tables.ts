import { type Option, optionRows } from '../../src/config/options.ts';
import { groups } from '../../src/operations/index.ts';
import type { Operation } from '../../src/operations/operation.ts';

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
  return groups
    .map(({ name, description, operations }) => {
      const rows = operations.map((operation) => [
        code(operation.name),
        firstSentence(operation.description),
        operation.effect,
        asksFirst(operation),
      ]);
      return `**${name}**: ${description}\n\n${table(['tool', 'what it does', 'effect', 'asks first'], rows)}`;
    })
    .join('\n\n');
}

function asksFirst({ confirm }: Operation): string {
  if (!confirm) return '';
  return confirm.when ? 'depends' : 'yes';
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
