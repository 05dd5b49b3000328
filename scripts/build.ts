import { chmod, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { listedSchemas } from '../src/mcp/listed-schemas.ts';
import { toolsets } from '../src/workflows/toolsets.ts';

/*
 * `npm run build`: one minified entry with lazy chunks in dist/. What a run does not need (undici, the sandbox, the
 * logger) stays in chunks that are loaded on first use.
 */

const root = fileURLToPath(new URL('..', import.meta.url));

/** Puts the tools' JSON Schemas into the bundle, so that a start does not convert them from zod. */
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

await rm(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  // CommonJS packages in the bundle ask for Node's modules by require.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  plugins: [readyMadeSchemas],
  logLevel: 'warning',
});
await chmod(`${root}dist/main.js`, 0o755);
