import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/http-tokens.ts';
import { listenOnLoopback } from '../support/loopback.ts';
import { cleanEnv } from '../support/protocol-built.ts';
import { closeAtEnd } from '../support/protocol-leaks.ts';

/*
 * `npm run audit` with the real npm, on a registry of the test: which advisories hold a release up.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const lock: { packages: Record<string, { version: string }> } = JSON.parse(
  readFileSync(join(root, 'package-lock.json'), 'utf8'),
);

interface Advisory {
  readonly id: string;
  readonly range: string;
}

/** A registry that knows of these advisories, by package, and what it was asked about. */
async function startRegistry(advisories: Readonly<Record<string, Advisory>>, status = 200) {
  const asked: Record<string, string[]>[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const answer = (value: unknown, code = 200) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.method !== 'POST') {
      const name = decodeURIComponent((request.url ?? '').slice(1));
      const version = lock.packages[`node_modules/${name}`]?.version ?? '1.0.0';
      answer({ name, versions: { [version]: { name, version } }, 'dist-tags': {} });
      return;
    }
    if (status !== 200) {
      answer({}, status);
      return;
    }
    asked.push(JSON.parse(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)));
    answer(
      Object.fromEntries(
        Object.entries(advisories).map(([name, { id, range }], index) => [
          name,
          [
            {
              id: 1_000_000 + index,
              url: `https://github.com/advisories/${id}`,
              title: `${name} does harm`,
              severity: 'high',
              vulnerable_versions: range,
              cwe: [],
              cvss: { score: 7, vectorString: null },
            },
          ],
        ]),
      ),
    );
  });
  const { port, close } = await listenOnLoopback(server);
  return closeAtEnd({
    url: `http://127.0.0.1:${port}/`,
    asked,
    close,
  });
}

async function audit(registry: string, explained: readonly object[]) {
  const { path } = temporaryFolder();
  const file = join(path, 'advisories.json');
  writeFileSync(file, JSON.stringify(explained));
  const args = ['--import', 'tsx', 'scripts/audit.ts', '--explained', file, '--', '--registry', registry];
  const env = cleanEnv({ HOME: path, npm_config_cache: join(path, 'cache'), npm_config_fetch_retries: '0' });
  return await new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root, env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

const ZOD = { id: 'GHSA-aaaa-bbbb-cccc', range: '>=0' };
const WHY = 'what it is about is not called by anything of ours';

describe('npm run audit', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  beforeAll(async () => {
    registry = await startRegistry({ zod: ZOD, esbuild: { id: 'GHSA-dddd-eeee-ffff', range: '<0.1.0' } });
    return () => registry.close();
  });

  it('asks about everything that is locked, and holds up a finding that nobody has explained', async () => {
    const { code, out, err } = await audit(registry.url, []);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^update zod, or say .*GHSA-aaaa-bbbb-cccc/) });
    expect(out).toMatch(/GHSA-aaaa-bbbb-cccc zod .*high; in the bundle.*\n {2}NOT EXPLAINED/);
    // The version that is locked is not of those.
    expect(out).not.toContain('esbuild');
    const [about = {}] = registry.asked;
    expect(Object.keys(about).length).toBeGreaterThan(150);
    for (const name of ['undici', 'jose', '@modelcontextprotocol/server', 'vitest']) {
      expect(about[name], name).toContain(lock.packages[`node_modules/${name}`]?.version);
    }
  });

  it('lets through one that is explained', async () => {
    const { code, out, err } = await audit(registry.url, [{ advisory: ZOD.id, package: 'zod', why: WHY }]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`explained: ${WHY}`);
    expect(out).toContain('"found":1,"open":0');
  });

  it('wants an explanation gone that has no finding any more', async () => {
    const explained = [
      { advisory: ZOD.id, package: 'zod', why: WHY },
      { advisory: 'GHSA-dddd-eeee-ffff', package: 'esbuild', why: WHY },
    ];
    const { code, err } = await audit(registry.url, explained);
    expect({ code, err }).toEqual({
      code: 1,
      err: 'take GHSA-dddd-eeee-ffff (esbuild) out of package/advisories.json\n',
    });
  });

  it('says so where there is nobody to ask', async () => {
    const refusing = await startRegistry({}, 405);
    const { code, err } = await audit(refusing.url, []);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('could not be asked') });
  });
});
