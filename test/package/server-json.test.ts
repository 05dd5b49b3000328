import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { optionRows } from '../../src/config/options.ts';
import { version } from '../../src/version.ts';

/*
 * server.json, for the MCP registry. `npx tsx scripts/check-server-json.ts` holds it against the published schema; here,
 * without a network, are the rules of that schema and of the official registry that concern us:
 * https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json and
 * https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/server-json/official-registry-requirements.md
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const readJson = (path: string) => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));

const address = z.url({ protocol: /^https$/ });
const icon = z.strictObject({
  src: address.max(255),
  mimeType: z.enum(['image/png', 'image/svg+xml']),
  sizes: z.array(z.string().regex(/^(\d+x\d+|any)$/)),
});
const input = {
  description: z.string().min(1),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  format: z.enum(['string', 'number', 'boolean', 'filepath']).optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  choices: z.array(z.string()).min(1).optional(),
};
const npmPackage = z.strictObject({
  registryType: z.literal('npm'),
  registryBaseUrl: z.literal('https://registry.npmjs.org'),
  identifier: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  runtimeHint: z.literal('npx'),
  transport: z.strictObject({ type: z.literal('stdio') }),
  packageArguments: z.array(z.strictObject({ type: z.literal('named'), name: z.string().startsWith('--'), ...input })),
  environmentVariables: z.array(z.strictObject({ name: z.string(), ...input })),
});
const server = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z
    .string()
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: z.string().max(255),
  websiteUrl: address,
  repository: z.strictObject({ url: address, source: z.literal('github') }),
  icons: z.array(icon),
  packages: z.array(npmPackage).length(1),
});

const manifest = readJson('package.json');
const described = readJson('server.json');

describe('server.json', () => {
  test('has the form the registry takes', () => {
    expect(server.safeParse(described).error?.issues).toBeUndefined();
  });

  test('is of this package and this version', () => {
    const { packages, name, repository } = server.parse(described);
    expect(name).toBe(manifest.mcpName);
    expect(described.version).toBe(version);
    expect(packages[0]).toMatchObject({ identifier: manifest.name, version });
    expect(manifest.repository.url).toBe(`git+${repository.url}.git`);
  });

  test('keeps the key secret', () => {
    const { environmentVariables = [] } = server.parse(described).packages[0] ?? {};
    const secret = environmentVariables.filter(({ isSecret }) => isSecret).map(({ name }) => name);
    expect(secret).toEqual(['LEADDYNO_API_KEY']);
  });

  test('names flags and variables that there are, with their own choices and defaults', () => {
    const { environmentVariables = [], packageArguments = [] } = server.parse(described).packages[0] ?? {};
    const options = optionRows.map(([, option]) => option);
    const byFlag = packageArguments.map((given) => ({
      given,
      option: options.find(({ flag }) => `--${flag}` === given.name),
    }));
    const byVariable = environmentVariables
      .filter(({ name }) => name !== 'LEADDYNO_API_KEY')
      .map((given) => ({ given, option: options.find(({ env }) => env === given.name) }));
    for (const { given, option } of [...byFlag, ...byVariable]) {
      expect(option, given.name).toBeDefined();
      expect(given.choices, given.name).toEqual(option?.choices);
      expect(given.default, given.name).toBe(option?.kind === 'switch' ? 'false' : option?.default);
      if (option?.kind === 'switch') expect(given.format, given.name).toBe('boolean');
    }
  });

  test('shows icons that are in the repository', () => {
    for (const { src } of server.parse(described).icons) {
      const path = src.split('/main/')[1] ?? '';
      expect(existsSync(`${root}${path}`), path).toBe(true);
    }
  });
});

describe('the owner of the repository', () => {
  const files = ['package.json', 'server.json', 'package/manifest.json'];

  test.each(files)('is the same in %s as everywhere', (file) => {
    const text = readFileSync(`${root}${file}`, 'utf8');
    const owners = [...text.matchAll(/(?:github\.com\/|githubusercontent\.com\/|io\.github\.)([\w-]+)\/leaddyno-mcp/g)];
    const [, ownOwner] = /^io\.github\.([\w-]+)\//.exec(manifest.mcpName) ?? [];
    expect(new Set(owners.map(([, owner]) => owner))).toEqual(new Set([ownOwner]));
  });

  test('has to be set before publishing in the files that CONTRIBUTING.md lists', () => {
    const [, listed = ''] = readFileSync(`${root}CONTRIBUTING.md`, 'utf8').split('## Before the first release');
    for (const file of files) expect(listed).toContain(`\`${file}\``);
  });
});
