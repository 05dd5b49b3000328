import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { appPage } from '../src/app-page.ts';
import { listedSchemas } from '../src/mcp/listed-schemas.ts';
import { toolsets } from '../src/workflows/index.ts';
import { bundledPackages, noticesOf } from './third-party-notices.ts';

/*
 * `npm run build`: a minified entry with lazy chunks in dist/, and the licences of the bundled packages. What not every
 * run needs (undici, the sandbox, the logger) stays in chunks that are loaded on first use.
 */

const root = fileURLToPath(new URL('..', import.meta.url));

const SHARED = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
} satisfies BuildOptions;

/** Puts the tools' JSON Schemas into the bundle, so that they are not converted from zod at every start. */
const readyMadeSchemas: Plugin = {
  name: 'ready-made-schemas',
  setup(plugin) {
    plugin.onLoad({ filter: /src\/mcp\/listed-schemas\.ts$/ }, async () => {
      const tools = toolsets.flatMap((set) => set.tools);
      const entries = await Promise.all(tools.map(async (tool) => [tool.name, await listedSchemas(tool)] as const));
      const schemas = Object.fromEntries(entries);
      const json = JSON.stringify(JSON.stringify(schemas));
      return {
        loader: 'js',
        contents: `const listed = JSON.parse(${json});\nexport const listedSchemas = async (tool) => listed[tool.name];\n`,
      };
    });
  },
};

/**
 * The file that is started. It first checks that Node is new enough, before it loads anything that an old Node cannot
 * parse. Where Node has a compile cache (from 22.1), V8 keeps compiled code, which speeds up every start but the first;
 * it must be enabled before the rest is loaded. The cache is in the user's own folder, because in a shared one somebody
 * else could plant code, and only if the parent of that folder exists: Node hangs on some folders it cannot create.
 */
const LAUNCHER = `#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute } from 'node:path';
const [major, minor, patch] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && (minor < 18 || (minor === 18 && patch < 1)))) {
  console.error(\`leaddyno-mcp needs Node.js 20.18.1 or newer; this is \${process.versions.node}. Install it from https://nodejs.org, or name a newer node in the settings of this host.\`);
  process.exit(2);
}
try {
  const caches = process.env.XDG_CACHE_HOME || \`\${homedir() || '.'}/.cache\`;
  if (isAbsolute(caches) && existsSync(dirname(caches))) module.enableCompileCache?.(\`\${caches}/leaddyno-mcp\`);
} catch {
  // No home: it starts without.
}
await import('./server.js');
`;

/** Puts the finished page that hosts show into the bundle, in place of the code that builds it from its sources. */
const readyMadePage: Plugin = {
  name: 'ready-made-page',
  setup(plugin) {
    plugin.onLoad({ filter: /src\/app-page\.ts$/ }, async ({ path }) => ({
      loader: 'js',
      resolveDir: dirname(path),
      contents: [
        `export const appPage = async () => ${JSON.stringify(await appPage())};`,
        `export const drawing = () => import('./app/file.tsx');`,
      ].join('\n'),
    }));
  },
};

/** Leaves out the SDK's default validator, which our server does not use (`src/mcp/server.ts`). */
const noValidator: Plugin = {
  name: 'no-validator',
  setup(plugin) {
    plugin.onResolve({ filter: /^@modelcontextprotocol\/server\/_shims$/ }, () => ({
      path: 'shims',
      namespace: 'ours',
    }));
    plugin.onLoad({ filter: /^shims$/, namespace: 'ours' }, () => ({
      resolveDir: root,
      contents: `export class DefaultJsonSchemaValidator {}
        export { default as process } from 'node:process';`,
    }));
  },
};

/**
 * Leaves out the SDK's high-level server, which we do not use (`src/mcp/server.ts`). The SDK only checks whether the
 * server it is given is one.
 */
const noMcpServer: Plugin = {
  name: 'no-mcp-server',
  setup(plugin) {
    plugin.onLoad({ filter: /@modelcontextprotocol\/server\/dist\/mcp-[\w-]+\.mjs$/ }, async ({ path }) => {
      const [before, rest] = (await readFile(path, 'utf8')).split('//#region src/server/mcp.ts');
      const after = rest?.split('//#endregion')[1];
      if (after === undefined) throw new Error(`${path} is no longer written as it was: see noMcpServer`);
      return { contents: `${before}class McpServer {}\nclass ResourceTemplate {}\n${after}` };
    });
  },
};

/**
 * Splitting cuts the code that every start loads into about twenty files, and Node takes longer to find them than to
 * read them. This joins them into one again. The old files stay and re-export from it, for lazy chunks that use them.
 */
async function joinWhatAlwaysLoads({ outputs }: Metafile): Promise<void> {
  const entry = 'dist/server.js';
  const always = new Set<string>();
  const collect = (file: string): void => {
    if (always.has(file)) return;
    always.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path]) collect(path);
  };
  collect(entry);
  const shared = [...always].filter((file) => file !== entry);
  const names = shared.map((file) => `export * as ${nameOf(file)} from './${file.slice('dist/'.length)}';`);
  const joined = await build({
    ...SHARED,
    stdin: { contents: ["import './server.js';", ...names].join('\n'), resolveDir: `${root}dist`, loader: 'js' },
    outfile: entry,
    allowOverwrite: true,
    write: false,
    plugins: [laterStaysApart],
  });
  for (const { path, contents } of joined.outputFiles) await writeFile(path, contents);
  for (const file of shared) {
    const own = outputs[file]?.exports ?? [];
    const handed = own.map((name) => `export const ${name}=${nameOf(file)}.${name};`);
    await writeFile(`${root}${file}`, `import{${nameOf(file)}}from'../server.js';${handed.join('')}\n`);
    await rm(`${root}${file}.map`, { force: true });
  }
}

const nameOf = (file: string) => `_${basename(file, '.js').replaceAll('-', '_')}`;

/** Leaves dynamic imports of the bundle's own files external. */
const laterStaysApart: Plugin = {
  name: 'later-stays-apart',
  setup(plugin) {
    plugin.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      return { path: `./${relative(`${root}dist`, resolve(resolveDir, path)).replaceAll('\\', '/')}`, external: true };
    });
  },
};

await rm(`${root}dist`, { recursive: true, force: true });
const { metafile } = await build({
  ...SHARED,
  entryPoints: [{ in: 'src/main.ts', out: 'server' }],
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  legalComments: 'none',
  // CommonJS packages in the bundle load Node's modules with require.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  plugins: [readyMadeSchemas, readyMadePage, noValidator, noMcpServer],
  metafile: true,
});
await joinWhatAlwaysLoads(metafile);
await writeFile(`${root}dist/THIRD_PARTY_NOTICES.txt`, noticesOf(bundledPackages(metafile, root)));
await writeFile(`${root}dist/main.js`, LAUNCHER, { mode: 0o755 });
