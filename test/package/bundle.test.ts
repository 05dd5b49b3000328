import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledPackages } from '../../scripts/third-party-notices.ts';
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
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The packages that the build found in the bundle: name and licence. */
const bundled = () =>
  [...notices.matchAll(/^-{80}\n(\S+) \S+ \(([^)]+)\)$/gm)].map(([, name, licence]) => [name, licence]);

const LIST = `# Packages in the bundle

The published package has no dependencies: \`dist/\` contains the code of these packages. The build writes their licence texts and versions to \`dist/THIRD_PARTY_NOTICES.txt\`. A test fails if a package is added or removed; \`npx vitest run test/package/bundle.test.ts -u\` rewrites this list, and the diff shows what to check.

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

test('the page that hosts draw brings no package along: its code is not among what the build looks at', () => {
  const folder = new URL('../../src/app/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const imported = readFileSync(new URL(file, folder), 'utf8').matchAll(
      /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g,
    );
    expect(
      Array.from(imported, ([, name = '']) => name).filter((name) => !name.startsWith('.')),
      file,
    ).toEqual([]);
  }
});

describe('the licences', () => {
  /** A bundle of one file of one package. */
  function bundleOf(files: Readonly<Record<string, string>>) {
    const root = mkdtempSync(join(home, 'root-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const inputs = { 'node_modules/@a/b/lib/index.js': { bytesInOutput: 1 }, 'src/main.ts': { bytesInOutput: 1 } };
    const output = { bytes: 2, inputs, imports: [], exports: [] };
    return bundledPackages({ inputs: {}, outputs: { 'dist/server.js': output } }, root);
  }
  const of = (licence: unknown, version = '1.0.0') => JSON.stringify({ name: '@a/b', version, license: licence });
  const b = (licence: unknown, code = '') => ({
    'node_modules/@a/b/lib/index.js': code,
    'node_modules/@a/b/package.json': of(licence),
  });
  const text = { 'node_modules/@a/b/LICENSE.md': 'Permission is granted.' };

  test('are taken with their text', () => {
    const found = { name: '@a/b', version: '1.0.0', licence: 'ISC', text: 'Permission is granted.' };
    expect(bundleOf({ ...b('ISC'), ...text })).toEqual([found]);
  });

  test.each([['GPL-3.0-only'], [undefined], [{ type: 'MIT' }], ['SEE LICENSE IN x']])(
    'stop the build where one is %j',
    (licence) => {
      expect(() => bundleOf({ ...b(licence), ...text })).toThrow(/@a\/b is in the bundle with the licence/);
    },
  );

  test('stop the build where the text is missing', () => {
    expect(() => bundleOf(b('MIT'))).toThrow('@a/b is in the bundle and brings no licence text along');
  });

  const vendored = '//#region ../../node_modules/.pnpm/@x+c@2.1.0_y@3.0.0/node_modules/@x/c/index.js\n';

  test('count for packages inside of packages', () => {
    const files = {
      'node_modules/@x/c/package.json': '{"name":"@x/c","version":"9.9.9","license":"MIT"}',
      'node_modules/@x/c/LICENSE': 'MIT',
    };
    const found = bundleOf({ ...b('MIT', vendored), ...text, ...files });
    expect(found.map(({ name, version }) => `${name} ${version}`)).toEqual(['@a/b 1.0.0', '@x/c 2.1.0']);
  });

  test('stop the build where that of a package inside of a package is not at hand', () => {
    expect(() => bundleOf({ ...b('MIT', vendored), ...text })).toThrow(/@x[\\/]c/);
  });
});

describe('the package', () => {
  test('is below 0.9 MB', () => {
    expect(packed.size).toBeLessThan(900_000);
  });

  test('holds what it needs and nothing else: no source map either', () => {
    const paths = packed.files.map(({ path }) => path);
    const outside = paths.filter((path) => !path.startsWith('dist/')).sort();
    // The doctor names codes of the reference, and the README links to the rest.
    const documents = [
      ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'PRIVACY.md', 'README.md', 'SECURITY.md', 'llms.txt'],
      ...['mcp.json.example', 'package.json'],
      ...readdirSync(new URL('../../docs', import.meta.url), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(md|svg)$/.test(path))
        .map((path) => `docs/${path.replaceAll('\\', '/')}`),
    ];
    expect(outside).toEqual(documents.sort());
    const kinds = paths.filter((path) => path.startsWith('dist/') && !/\.js$/.test(path));
    expect(kinds).toEqual(['dist/THIRD_PARTY_NOTICES.txt']);
    expect(paths).toContain('dist/main.js');
  });

  test('holds whatever its README, its index and llms.txt link to', () => {
    const paths = packed.files.map(({ path }) => path);
    for (const file of ['README.md', 'docs/README.md', 'llms.txt']) {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
      // The registry takes pictures from the repository.
      const within = links
        .filter((link) => !link.includes('://') && !link.endsWith('.png'))
        .map((link) => posix.join(posix.dirname(file), link));
      expect(within.length, file).toBeGreaterThan(5);
      expect(
        within.filter((path) => !paths.includes(path)),
        file,
      ).toEqual([]);
    }
  });

  test('has an index and an llms.txt that name every document', () => {
    const index = readFileSync(new URL('../../docs/README.md', import.meta.url), 'utf8');
    const llms = readFileSync(new URL('../../llms.txt', import.meta.url), 'utf8');
    const documents = readdirSync(new URL('../../docs', import.meta.url)).filter((name) => /\.md$/.test(name));
    for (const name of documents.filter((one) => one !== 'README.md')) {
      expect(index).toContain(`](${name})`);
      expect(llms).toContain(`](docs/${name})`);
    }
  });

  test('can be started as it is', () => {
    const main = packed.files.find(({ path }) => path === 'dist/main.js');
    expect(main && main.mode & 0o111).toBe(0o111);
  });
});
