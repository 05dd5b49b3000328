import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { operationSchemas } from '../../src/mcp/schemas.ts';
import { FIELDS } from '../../src/records/fields.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { isWorkflow, type Tool } from '../../src/workflows/workflow.ts';
import { askingTable, asksOf, between } from '../support/readme-tables.ts';

/* The table of what asks first. `npx vitest run test/docs -u` writes it anew. */

const PAGE = new URL('../../docs/security.md', import.meta.url);

test('docs/security.md says when each tool asks', async () => {
  await expect(between(readFileSync(PAGE, 'utf8'), 'asks', askingTable())).toMatchFileSnapshot(
    '../../docs/security.md',
  );
});

/** Fields that hold money, or decide who gets it: amounts, and whoever earns or is paid. */
const MONEY = /amount|currency|commission|paypal|affiliate|recruit|plan_code|^code$|approval/;

/** Kinds of records that hold such a field. */
const EARNING = new Set(
  Object.entries(FIELDS).flatMap(([kind, fields]) =>
    fields.some(({ name, form }) => form === 'decimal' || MONEY.test(name)) ? [kind] : [],
  ),
);

function touchesMoney(tool: Tool): boolean {
  if (isWorkflow(tool)) return true;
  const args = Object.keys(operationSchemas(tool).input.properties ?? {});
  return tool.moves === 'money' || EARNING.has(tool.returns.record.singular) || args.some((name) => MONEY.test(name));
}

const writing = toolsets.flatMap(({ tools }) => tools).filter(({ effect }) => effect !== 'read');

describe('a tool that writes', () => {
  test.each(writing.map((tool) => [tool.name, tool] as const))('%s says when it asks', (_, tool) => {
    const { when, shows } = asksOf(tool);
    if (isWorkflow(tool)) expect(tool.asks).toBeDefined();
    else expect(tool.confirm === undefined, 'asks, or says why it never does').toBe(tool.unasked !== undefined);
    expect(when).toMatch(/^(always|if .+|never: it .+)$/);
    if (touchesMoney(tool)) {
      expect(when).not.toMatch(/^never/);
      expect(shows).not.toBe('');
    }
  });

  test('touches money more often than not', () => {
    expect(writing.filter((tool) => !touchesMoney(tool)).map(({ name }) => name)).toEqual([
      'create_custom_field',
      'delete_custom_field',
    ]);
  });
});
