import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Packed, pack } from '../support/packed.ts';
import { builtMain } from '../support/protocol-built.ts';

/*
 * What is published: one small package that brings nothing along but itself, with the licences of what is in it.
 */

const home = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-'));
let packed: Packed;
let notices: string;

beforeAll(async () => {
  const main = await builtMain();
  notices = readFileSync(join(main, '../THIRD_PARTY_NOTICES.txt'), 'utf8');
  packed = await pack(home, '--dry-run');
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The packages that the build found in the bundle: name and licence. */
const bundled = () =>
  [...notices.matchAll(/^-{80}\n(\S+) \S+ \(([^)]+)\)$/gm)].map(([, name, licence]) => [name, licence]);

const LIST = `# Packages in the bundle

The published package has no dependencies: the code of these is part of \`dist/\`. Their licence texts and versions are in \`dist/THIRD_PARTY_NOTICES.txt\`, which the build writes. A test fails when a package comes in or leaves; \`npx vitest run -u test/package/bundle.test.ts\` rewrites this list, and the diff shows what to look at.

`;

describe('the bundle', () => {
  test('holds the packages that docs/bundled-packages.md names, and no others', async () => {
    const rows = bundled().map(([name, licence]) => `| \`${name}\` | ${licence} |`);
    expect(rows.length).toBeGreaterThan(10);
    const text = `${LIST}| package | licence |\n|---|---|\n${rows.join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('../../docs/bundled-packages.md');
  });

  test('gives the licence text of each', () => {
    const parts = notices.split(/^-{80}$/m).slice(1);
    expect(parts).toHaveLength(bundled().length);
    for (const part of parts) expect(part).toMatch(/permission|licen[cs]e/i);
    expect(parts.filter((part) => part.length < 400)).toEqual([]);
  });
});

describe('the package', () => {
  test('is below 1.5 MB', () => {
    expect(packed.size).toBeLessThan(1_500_000);
  });

  test('holds what it needs and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    const outside = paths.filter((path) => !path.startsWith('dist/')).sort();
    expect(outside).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'mcp.json.example', 'package.json']);
    const kinds = paths.filter((path) => path.startsWith('dist/') && !/\.js(\.map)?$/.test(path));
    expect(kinds).toEqual(['dist/THIRD_PARTY_NOTICES.txt']);
    expect(paths).toContain('dist/main.js');
  });

  test('can be started as it is', () => {
    const main = packed.files.find(({ path }) => path === 'dist/main.js');
    expect(main && main.mode & 0o111).toBe(0o111);
  });
});
