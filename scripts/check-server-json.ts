import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';

/*
 * `npx tsx scripts/check-server-json.ts [schema]`: checks server.json against the published schema that it names, which
 * is fetched, or against a copy of that schema in a file.
 */

const [copy] = process.argv.slice(2);
const server = JSON.parse(readFileSync(fileURLToPath(new URL('../server.json', import.meta.url)), 'utf8'));
const schema = copy ? JSON.parse(readFileSync(copy, 'utf8')) : await (await fetch(server.$schema)).json();
if (schema.$id !== server.$schema) throw new Error(`server.json names ${server.$schema}, this is ${schema.$id}`);
// Not strict: published schemas use keywords such as `example`, which Ajv does not know.
const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
const fits = ajv.compile(schema);
if (!fits(server)) {
  console.error(ajv.errorsText(fits.errors, { separator: '\n' }));
  process.exit(1);
}
console.log(`server.json fits ${schema.$id}`);
