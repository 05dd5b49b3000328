import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FIELDS } from '../src/records/fields.ts';
import { toolsets } from '../src/workflows/index.ts';
import { isWorkflow } from '../src/workflows/workflow.ts';

/*
 * The house: who may know whom. Dependencies run one way, `main` and `transports` → `mcp` → `workflows` → `operations`
 * → `leaddyno`, and each folder uses the packages it is there for. Types count like everything else.
 */

interface Rule {
  /** Folders and top-level files of ours, besides its own. */
  readonly ours: readonly string[];
  /** Packages, and modules of Node; `node:*` for any of those. */
  readonly packages: readonly string[];
}

/** What everything may know: JSON objects, and text that is fit to show. */
const BASE = ['json.ts', 'text.ts'];

const SDK = '@modelcontextprotocol/server';

const FOLDERS: Readonly<Record<string, Rule>> = {
  leaddyno: { ours: BASE, packages: ['undici', 'node:*'] },
  records: { ours: BASE, packages: ['decimal.js'] },
  ports: { ours: BASE, packages: [] },
  operations: { ours: [...BASE, 'records', 'leaddyno'], packages: ['zod'] },
  workflows: {
    ours: [...BASE, 'ports', 'records', 'operations', 'leaddyno'],
    packages: [
      'zod',
      'csv-parse/sync',
      'csv-stringify/sync',
      'node:crypto',
      'node:timers/promises',
      'node:v8',
      'node:zlib',
    ],
  },
  mcp: {
    ours: [...BASE, 'ports', 'records', 'workflows', 'operations', 'leaddyno'],
    packages: [SDK, `${SDK}/ext/skills`, 'zod', 'node:crypto', 'node:events'],
  },
  transports: { ours: ['json.ts'], packages: [SDK, `${SDK}/stdio`, '@modelcontextprotocol/node', 'node:*'] },
  sandbox: { ours: [...BASE, 'records'], packages: ['node:*'] },
  audit: { ours: [...BASE, 'ports'], packages: ['node:*'] },
  auth: { ours: ['operations'], packages: [SDK, 'jose', 'zod', 'node:*'] },
  'sign-in': { ours: ['text.ts', 'ports'], packages: [SDK, 'zod', 'node:*'] },
  redis: { ours: ['ports', 'leaddyno'], packages: ['ioredis', 'node:*'] },
  commands: {
    ours: [
      'account.ts',
      'app-page.ts',
      'auth',
      'config',
      'doctor',
      'leaddyno',
      'json.ts',
      'kept-payments.ts',
      'mcp',
      'operations',
      'ports',
      'upstream.ts',
      'version.ts',
      'workflows',
    ],
    packages: [SDK, 'node:*'],
  },
  // Runs in a browser, and draws what `report` writes; loaded by `app-page.ts` alone.
  app: { ours: [], packages: ['preact', 'preact/hooks', 'preact-render-to-string', 'd3-array', 'd3-shape'] },
  doctor: { ours: [...BASE, 'leaddyno', 'records', 'operations'], packages: ['zod'] },
  // Pure, and knows the catalogue only for its names.
  config: { ours: ['workflows', 'json.ts', 'log.ts'], packages: ['node:util', 'node:net'] },
};

/** Knows nothing of the rest. */
const LEAF: Rule = { ours: [], packages: [] };

const FILES: Readonly<Record<string, Rule>> = {
  'version.ts': LEAF,
  'json.ts': LEAF,
  'text.ts': { ours: [], packages: ['node:crypto'] },
  'app-page.ts': { ours: ['json.ts', 'version.ts'], packages: ['esbuild', 'node:*'] },
  'export-folder.ts': { ours: [], packages: ['node:*'] },
  'log.ts': { ours: ['log-lines.ts'], packages: ['pino'] },
  'log-lines.ts': { ours: ['log.ts'], packages: ['pino'] },
};

/** Small, because they are the border of a chunk that is loaded when it is needed, or of the package. */
const BORDERS: ReadonlySet<string> = new Set([
  'app/file.tsx',
  'audit/index.ts',
  'commands/open-file.ts',
  'leaddyno/undici.ts',
  'log-lines.ts',
  'mcp/listed-schemas.ts',
  'redis/index.ts',
  'version.ts',
]);

/** Put the pieces together, so they may know all of them. */
const COMPOSITION = ['main.ts', 'account.ts', 'upstream.ts', 'kept-payments.ts', 'hosting'];

/** The composition uses no package for work that a folder is there for. */
const COMPOSITION_PACKAGES = [SDK, 'prom-client', 'node:*'];

const root = fileURLToPath(new URL('../src/', import.meta.url));

const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path))
  .toSorted();

const source = (path: string) => readFileSync(join(root, path), 'utf8');

/** The source without its comments. */
function codeIn(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;,{}()])\/\/.*$/gm, '$1');
}

/** What a source imports, by any form of import, types included. */
function importsIn(text: string): string[] {
  const found = codeIn(text).matchAll(/\b(?:from|import|require)\s*\(?\s*(['"`])([^'"`\n]+)\1/g);
  return [...new Set(Array.from(found, (match) => String(match[2])))];
}

/** The folder of a file of ours, or the file itself at the top. */
const placeOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : path);

function allows(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}

/** The imports of a file that its rule does not allow. */
function violations(path: string): string[] {
  const place = placeOf(path);
  const free = COMPOSITION.includes(place);
  const rule = free ? { ours: [], packages: COMPOSITION_PACKAGES } : (FOLDERS[place] ?? FILES[place]);
  if (!rule) return [`no rule for ${place}`];
  return importsIn(source(path)).filter((specifier) => {
    if (!specifier.startsWith('.')) return !allows(rule.packages, specifier);
    const target = normalize(join(dirname(path), specifier));
    if (!paths.includes(target)) return true;
    return placeOf(target) !== place && !free && !rule.ours.includes(placeOf(target));
  });
}

test('imports are found in all their forms', () => {
  const text = [
    "import a from './a.ts';",
    "import type { B } from './b.ts';",
    'import {\n  c,\n  type D,\n} from "./c.ts";',
    "export * from './e.ts';",
    "export type { F } from './f.ts';",
    "const g = await import('./g.ts');",
    "let h: import('./h.ts').H;",
    "import './i.ts';",
    "// import './no.ts'",
    "/* from './no.ts' */",
    "const url = 'https://example.org'; // from './no.ts'",
  ].join('\n');
  const letters = ['a', 'b', 'c', 'e', 'f', 'g', 'h', 'i'];
  expect(importsIn(text).toSorted()).toEqual(letters.map((letter) => `./${letter}.ts`));
});

/** Circles among the static imports: each as the files it runs through. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const left = new Set(imports.keys());
  const path: string[] = [];
  function visit(file: string): void {
    const place = path.indexOf(file);
    if (place >= 0) circles.push(path.slice(place));
    if (place >= 0 || !left.has(file)) return;
    path.push(file);
    for (const next of imports.get(file) ?? []) visit(next);
    path.pop();
    left.delete(file);
  }
  for (const file of imports.keys()) visit(file);
  return circles;
}

test('no file imports itself by way of others', () => {
  expect(circlesIn(new Map(Object.entries({ a: ['b'], b: ['c'], c: ['a', 'd'], d: [] })))).toEqual([['a', 'b', 'c']]);
  const imports = paths.map((path) => {
    const named = importsIn(source(path)).filter((specifier) => specifier.startsWith('.'));
    return [path, named.map((specifier) => normalize(join(dirname(path), specifier)))] as const;
  });
  expect(circlesIn(new Map(imports))).toEqual([]);
});

const tools = toolsets.flatMap((set) => set.tools);

/** Fields of LeadDyno's records, and arguments of its operations. */
const fields = new Set([
  ...Object.values(FIELDS).flatMap((record) => record.flatMap(({ name, inner }) => [name, ...(inner?.scan ?? [])])),
  ...tools.flatMap((tool) => (isWorkflow(tool) ? [] : Object.keys(tool.input()))),
]);

/** Those that are words of the protocol as well, or of the side that serves it. */
const SHARED_WORDS = [
  ...['id', 'name', 'type', 'code', 'status', 'state', 'description', 'required', 'page', 'per_page'],
  // Beside a result; what a batch is about to do; how a call ended; a kind of pseudonym.
  ...['note', 'plan', 'cancelled', 'email'],
];

describe('src/mcp serves every tool and every record alike', () => {
  const ownFields = [...fields].filter((name) => !SHARED_WORDS.includes(name));

  test.each(paths.filter((path) => path.startsWith('mcp/')))('%s names none of them', (path) => {
    const code = codeIn(source(path));
    expect(tools.map(({ name }) => name).filter((name) => new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
    // One word alone may stand in a sentence, but not as a field does: quoted by itself, or behind a dot.
    const named = (name: string) =>
      new RegExp(name.includes('_') ? `\\b${name}\\b` : `(['"\`])${name}\\1|\\.${name}\\b`);
    expect(ownFields.filter((name) => named(name).test(code))).toEqual([]);
  });
});

describe('evals/ asks through a client, and knows of the house the simulated LeadDyno alone', () => {
  const evals = fileURLToPath(new URL('../evals/', import.meta.url));
  const files = readdirSync(evals, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'));
  const KNOWN = /^\.\.\/src\/(json\.ts|sandbox\/)/;

  test.each(files)('evals/%s', (path) => {
    const text = readFileSync(join(evals, path), 'utf8');
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(400);
    // It puts a server together.
    if (path === 'in-process.ts') return;
    const strange = importsIn(text).filter((specifier) => {
      if (!specifier.startsWith('.')) return !allows(['@modelcontextprotocol/client*', 'node:*'], specifier);
      const target = normalize(join(dirname(path), specifier));
      return target.startsWith('..') ? !KNOWN.test(target) : !files.includes(target);
    });
    expect(strange).toEqual([]);
  });
});

describe.each(paths)('src/%s', (path) => {
  const text = source(path);
  const code = codeIn(text);

  test('imports only what its place may know', () => {
    expect(violations(path)).toEqual([]);
  });

  test('has at most 400 lines', () => {
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(400);
  });

  test('is no splinter, unless it is the border of what is loaded by itself', () => {
    if (!BORDERS.has(path)) expect(text.split('\n').length - 1).toBeGreaterThanOrEqual(25);
  });

  test('is named in kebab-case, for the one thing inside', () => {
    expect(path).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.tsx?$/);
    expect(path).not.toMatch(/\b(util|utils|helper|helpers|manager|common)\b/);
  });

  test('leaves the process to main.ts, and stdout to the protocol', () => {
    expect(code).not.toMatch(/\bconsole\s*[.[]/);
    expect(code).not.toMatch(/['"](node:)?(process|console)['"]/);
    if (path === 'main.ts') return;
    expect(code).not.toMatch(/\bprocess\s*(\?\.|\.\w|\[)/);
    expect(code).not.toMatch(/stdout\s*\.\s*write|writeSync\(\s*1\b|\bdest: 1\b/);
  });

  test('forgets no types', () => {
    expect(code).not.toMatch(/:\s*any\b|\bas any\b|<any\b|\bany\[\]|\bany>/);
    expect(text).not.toMatch(/@ts-(ignore|nocheck|expect-error)|biome-ignore|eslint-disable/);
  });

  test('has named exports only', () => {
    expect(code).not.toMatch(/\bexport default\b|\bas default\b|\bmodule\.exports\b/);
  });
});
