import { createHash } from 'node:crypto';
import type { Client } from '@modelcontextprotocol/client';
import { SKILLS_EXTENSION_ID, skillEntry } from '@modelcontextprotocol/server/ext/skills';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { prompts } from '../../src/workflows/prompts.ts';
import { skills } from '../../src/workflows/skills.ts';
import { eras } from '../support/clients.ts';
import { startHarness } from '../support/harness.ts';
import { toolNames } from '../support/tool-names.ts';

/*
 * Skills over MCP (SEP-2640, revision of September 2026), and that each says what its prompt says.
 */

const Entry = z.looseObject({
  uri: z.string(),
  frontmatter: z.strictObject({ name: z.string(), description: z.string() }),
  resources: z.array(z.strictObject({ uri: z.string(), digest: z.string(), size: z.number() })),
});
const Listed = z.looseObject({ skills: z.array(Entry), ttlMs: z.number().optional() });
const Got = z.looseObject({ skill: Entry });

const list = (client: Client) => client.request({ method: 'skills/list', params: {} }, Listed);

async function textAt(client: Client, uri: string): Promise<string> {
  const { contents } = await client.readResource({ uri });
  const [content] = contents;
  expect(content).toMatchObject({ uri, mimeType: 'text/markdown' });
  if (content === undefined || !('text' in content)) throw new Error('expected a text');
  return content.text;
}

describe('the skills', () => {
  it('are one for each prompt, with a name and a description that the format allows', () => {
    expect(skills.map(({ name }) => name)).toEqual(prompts.map(({ name }) => name.replaceAll('_', '-')));
    for (const { name, description } of skills) {
      expect(name).toMatch(/^(?!.*--)[a-z][a-z-]{0,62}[a-z]$/);
      expect(description.length).toBeLessThanOrEqual(1024);
      expect(description).toMatch(/\. Use when the user .+\.$/);
    }
  });

  it.each(prompts)('say of $name what the prompt says, word for word', (prompt) => {
    const markdown = skills.find(({ title }) => title === prompt.title)?.markdown() ?? '';
    const names = [...prompt.arguments.map(({ name }) => name), ...Object.keys(prompt.derived ?? {})];
    const brief = prompt.text(Object.fromEntries(names.map((name) => [name, `<${name}>`])));
    expect(markdown).toContain(brief);
    for (const name of names) expect(markdown).toContain(`- <${name}>: `);
    expect(markdown).not.toMatch(/undefined|null/);
    const named = toolNames.filter((name) => new RegExp(`\\b${name}\\b`).test(markdown));
    expect([...named].sort()).toEqual([...prompt.tools].sort());
  });
});

describe.each(eras)('%s: skills over MCP', (era) => {
  it('are declared and listed as the SDK makes them', async () => {
    const { client } = await (await startHarness()).connect(era);
    expect(client.getServerCapabilities()?.extensions).toMatchObject({ [SKILLS_EXTENSION_ID]: {} });
    const { skills: listed, ttlMs } = await list(client);
    expect(listed).toEqual(
      await Promise.all(skills.map(({ name, markdown }) => skillEntry(name, { 'SKILL.md': markdown() }))),
    );
    expect(ttlMs === undefined).toBe(era === 'legacy');
  });

  it('are read as they were listed, to the byte', async () => {
    const { client } = await (await startHarness()).connect(era);
    for (const { uri, resources } of (await list(client)).skills) {
      const bytes = Buffer.from(await textAt(client, uri));
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      expect(resources).toEqual([{ uri, digest, size: bytes.length }]);
    }
  });

  it('stand among the resources under their names', async () => {
    const { client } = await (await startHarness()).connect(era);
    const { resources } = await client.listResources();
    const entries = (await list(client)).skills.map(({ uri, frontmatter }) => ({ uri, ...frontmatter }));
    for (const entry of entries) expect(resources).toContainEqual(expect.objectContaining(entry));
  });

  it('are found one at a time, and a miss is told', async () => {
    const { client } = await (await startHarness()).connect(era);
    const ask = (params: Record<string, unknown>) => client.request({ method: 'skills/get', params }, Got);
    const [first] = (await list(client)).skills;
    expect((await ask({ uri: first?.uri })).skill).toEqual(first);
    for (const params of [{ uri: 'skill://nothing/SKILL.md' }, { uri: 'skill://payout-run' }, {}, { uri: 7 }])
      await expect(ask(params)).rejects.toMatchObject({ code: -32602 });
  });

  it('are there only while every tool they name is on', async () => {
    const { client } = await (
      await startHarness({ excludeTools: ['settle_payouts', 'review_affiliates', 'create_affiliate'] })
    ).connect(era);
    const names = (await list(client)).skills.map(({ frontmatter }) => frontmatter.name);
    expect(names).toEqual(['weekly-report', 'investigate-order', 'find-at-risk-affiliates']);
    await expect(client.readResource({ uri: 'skill://payout-run/SKILL.md' })).rejects.toMatchObject({ code: -32602 });
  });
});
