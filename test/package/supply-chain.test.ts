import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtMain } from '../support/protocol-built.ts';

/*
 * Where the code comes from: every package is locked by its digest, what is in the bundle is what is locked, and nothing
 * runs at an installation. What is in the bundle, and under which licences, is in bundle.test.ts.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

interface Locked {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const manifest: Readonly<Record<string, Readonly<Record<string, string>>>> = readJson('package.json');
const lock: { lockfileVersion: number; packages: Record<string, Locked> } = readJson('package-lock.json');
const { '': own, ...packages } = lock.packages;
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Licences that packages of the build and the tests may have; those of the bundle are narrower (`third-party-notices.ts`). */
const LICENCES = [
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'MPL-2.0',
  'MIT OR Apache-2.0',
];

/** Packages that run something when the project itself is set up; never at a user's. */
const WITH_SCRIPTS = ['esbuild', 'fsevents'];

let bundled: readonly { readonly name: string; readonly version: string; readonly licence: string }[];

beforeAll(async () => {
  const notices = readFileSync(join(await builtMain(), '../THIRD_PARTY_NOTICES.txt'), 'utf8');
  bundled = [...notices.matchAll(/^-{80}\n(\S+) (\S+) \(([^)]+)\)$/gm)].map(
    ([, name = '', version = '', licence = '']) => ({ name, version, licence }),
  );
});

describe('the lock file', () => {
  test('has the digest of every package, and takes none from elsewhere than the registry', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(Object.keys(packages).length).toBeGreaterThan(200);
    for (const [path, { version, integrity, resolved, link }] of Object.entries(packages)) {
      expect(version, path).toMatch(/^\d+\.\d+\.\d+/);
      expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
      expect(link, path).toBeUndefined();
      // Left out for the registry (.npmrc): what stands there would be an address of its own.
      if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });

  test('is of this manifest, which names no package for the time it runs', () => {
    expect(own).toMatchObject({ version: manifest.version, devDependencies: manifest.devDependencies });
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']) {
      expect(manifest[kind], kind).toBeUndefined();
      expect(own, kind).not.toHaveProperty(kind);
    }
    for (const range of Object.values(manifest.devDependencies ?? {})) expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/);
  });

  test('holds licences that were looked at', () => {
    const others = Object.entries(packages).filter(([, { license }]) => !LICENCES.includes(license ?? ''));
    expect(others.map(([path, { license }]) => `${nameOf(path)}: ${license}`)).toEqual([]);
  });
});

describe('an installation', () => {
  test('runs nothing of ours', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepack', 'postpack', 'prepublish'];
    for (const hook of hooks) expect(manifest.scripts, hook).not.toHaveProperty(hook);
    // npm builds whatever has this file.
    expect(existsSync(join(root, 'binding.gyp'))).toBe(false);
  });

  test('runs nothing of a package that is in the bundle', () => {
    const withScripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(withScripts.map(([path]) => nameOf(path)).filter((name) => !WITH_SCRIPTS.includes(name))).toEqual([]);
    expect(bundled.map(({ name }) => name).filter((name) => WITH_SCRIPTS.includes(name))).toEqual([]);
  });
});

describe('the bundle', () => {
  test('holds what is locked, in the versions and under the licences of the lock file', () => {
    expect(bundled.length).toBeGreaterThan(10);
    for (const { name, version, licence } of bundled) {
      const locked = Object.entries(packages).filter(([path]) => nameOf(path) === name);
      expect(
        locked.map((entry) => entry[1].version),
        name,
      ).toContain(version);
      expect(
        locked.map((entry) => entry[1].license),
        name,
      ).toContain(licence);
    }
  });

  test('was built from packages that are installed as they are locked', () => {
    const installed: typeof lock = readJson('node_modules/.package-lock.json');
    for (const { name } of bundled) {
      const found = Object.entries(installed.packages).filter(([path]) => nameOf(path) === name);
      expect(found.length, name).toBeGreaterThan(0);
      for (const [path, { version, integrity }] of found)
        expect(packages[path], path).toMatchObject({ version, integrity });
    }
  });
});

afterAll(() => {
  const scripts = Object.values(packages).filter(({ hasInstallScript }) => hasInstallScript).length;
  const figures = { locked: Object.keys(packages).length, withInstallScript: scripts, bundled: bundled.length };
  process.stdout.write(`${JSON.stringify({ faults: 'supply chain', ...figures, dependencies: 0 })}\n`);
});
