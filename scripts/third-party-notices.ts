import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';

/** A package whose code is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The texts of its licence files, unchanged except for blank ends. */
  readonly text: string;
}

/** Licences that require no more than that their text goes with the code. */
const ALLOWED = ['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0'];
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * The packages whose code is in the outputs, in order of name.
 * @throws Error if one has no licence text, or a licence that is not allowed
 */
export function bundledPackages({ outputs }: Metafile, root: string): BundledPackage[] {
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const packages = new Map<string, BundledPackage>();
  for (const path of used) {
    const folder = packageFolder(path);
    if (folder === undefined) continue;
    const own = readPackage(resolve(root, folder));
    packages.set(own.name, own);
    for (const vendored of vendoredIn(resolve(root, path), root)) {
      if (!packages.has(vendored.name)) packages.set(vendored.name, vendored);
    }
  }
  return [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The package folder of a file, such as `…/node_modules/@scope/name`; undefined if it is in none. */
function packageFolder(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.replaceAll('\\', '/'))?.[0];
}

/** Packages that were bundled into a file before it was published, found by the marks that its bundler left. */
function vendoredIn(file: string, root: string): BundledPackage[] {
  const marks = readFileSync(file, 'utf8').matchAll(
    /^\/\/#region \S*\.pnpm\/@?[^@/\s]+@([^/_\s]+)\S*\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm,
  );
  const versions = new Map(Array.from(marks, ([, version = '', name = '']) => [name, version] as const));
  return [...versions].map(([name, version]) => ({ ...readPackage(resolve(root, 'node_modules', name)), version }));
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  if (typeof license !== 'string' || !ALLOWED.includes(license))
    throw new Error(`${name} is in the bundle with the licence ${JSON.stringify(license)}: look at it first.`);
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const text = files
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    .join('\n\n');
  if (text === '') throw new Error(`${name} is in the bundle and brings no licence text along.`);
  return { name: String(name), version: String(version), licence: license, text };
}

/** The text that goes with the bundle. */
export function noticesOf(packages: readonly BundledPackage[]): string {
  const rule = '-'.repeat(80);
  return [
    'leaddyno-mcp holds code of the packages below, under the licences that follow each.\n',
    ...packages.map(({ name, version, licence, text }) => `${rule}\n${name} ${version} (${licence})\n\n${text}\n`),
  ].join('\n');
}
