import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { skills } from '../../src/workflows/skills.ts';
import { startHarness } from '../support/harness.ts';

/*
 * What the directories ask of a listing, as far as a program can look (November 2026): Claude's connector directory
 * (support.claude.com, articles 12922832 and 12922490), ChatGPT's (developers.openai.com/apps-sdk, submission
 * guidelines), Glama (glama.json) and the MCP registry (`server-json.test.ts`). The checklist is in CONTRIBUTING.md.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const README = read('README.md');

/** A section of the README up to the next one. */
const section = (title: string) => new RegExp(`^## ${title}\n(.*?)(?=^## |(?![^]))`, 'ms').exec(README)?.[1] ?? '';

describe('Claude’s directory and ChatGPT’s', () => {
  test('every tool has a title and says whether it only reads, whether it destroys and whom it reaches', async () => {
    const { client } = await (await startHarness()).connect('modern');
    const { tools } = await client.listTools();
    for (const { name, title, annotations = {} } of tools) {
      expect(title, name).toMatch(/\S/);
      const { readOnlyHint, destructiveHint, openWorldHint } = annotations;
      for (const hint of [readOnlyHint, destructiveHint, openWorldHint]) expect(typeof hint, name).toBe('boolean');
      expect(readOnlyHint && destructiveHint, name).toBe(false);
      expect(name.length).toBeLessThanOrEqual(64);
    }
  });

  test('the README has a section on privacy that says what goes where, how long it stays and whom to ask', () => {
    const privacy = section('Privacy');
    for (const part of ['PRIVACY.md', 'https://leaddyno.com/privacy-policy', 'kept', 'no telemetry', 'issues'])
      expect(privacy).toContain(part);
  });

  test('the bundle names both policies, and its file of ours is there', () => {
    const { privacy_policies } = JSON.parse(read('package/manifest.json'));
    expect(privacy_policies).toEqual([expect.stringMatching(/\/PRIVACY\.md$/), 'https://leaddyno.com/privacy-policy']);
    expect(read('PRIVACY.md').length).toBeGreaterThan(500);
  });

  test('there is a test account: the sandbox, which every way to install offers', async () => {
    expect(section('Install')).toContain('--sandbox');
    expect(JSON.parse(read('package/manifest.json')).user_config.sandbox).toMatchObject({ type: 'boolean' });
    const { client } = await (await startHarness()).connect('modern');
    const { structuredContent } = await client.callTool({ name: 'count_affiliates', arguments: {} });
    expect(structuredContent).toEqual({ count: expect.any(Number) });
  });

  test('there are at least three examples to try', () => {
    expect(section('What can I ask\\?').match(/"[A-Z][^"]+\?"/g)?.length).toBeGreaterThanOrEqual(3);
    expect(skills.length).toBeGreaterThanOrEqual(3);
  });
});

describe('icons', () => {
  test('the implementation shows the project’s own', async () => {
    const { client } = await (await startHarness()).connect('legacy');
    const [icon] = client.getServerVersion()?.icons ?? [];
    expect(icon).toMatchObject({ mimeType: 'image/svg+xml', sizes: ['any'] });
    const data = Buffer.from(String(icon?.src).replace('data:image/svg+xml;base64,', ''), 'base64');
    expect(data.toString('utf8')).toBe(read('package/icon.svg'));
  });
});

test('Glama: glama.json names a maintainer, the owner of the repository', () => {
  const glama = z.strictObject({
    $schema: z.literal('https://glama.ai/mcp/schemas/server.json'),
    maintainers: z.array(z.string()).min(1),
  });
  const owner = /github\.com\/([^/]+)\//.exec(JSON.parse(read('package.json')).homepage)?.[1];
  expect(glama.parse(JSON.parse(read('glama.json'))).maintainers).toContain(owner);
});
