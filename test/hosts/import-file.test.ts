import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../support/http-tokens.ts';
import { builtMain } from '../support/protocol-built.ts';
import { askedIn, at, rowsOf } from '../support/protocol-json.ts';
import { connectStdio, stdioKinds } from '../support/protocol-stdio.ts';

/* A list that lies on the user's machine, imported over stdio by the built server. */

const TOOL = 'import_affiliates';

beforeAll(async () => {
  await builtMain();
});

it.each(stdioKinds)(
  '%s: a list in --export-folder becomes affiliates, and what failed is a file beside it',
  async (kind) => {
    const { path } = temporaryFolder();
    const folder = join(path, 'LeadDyno');
    mkdirSync(folder);
    // As Excel writes "Unicode text".
    const text =
      '\ufeffName\tE-Mail\tGruppe\r\nJürgen Groß\tjuergen@example.com\tDefault\r\nLotte\tlotte@example.com\tvipp\r\n';
    writeFileSync(join(folder, 'list.txt'), Buffer.from(text, 'utf16le'));
    const { call } = await connectStdio(kind, ['--sandbox', '--export-folder', folder]);
    const importFile = async (csv: string) => {
      const { question, token } = askedIn(await call(TOOL, { csv }));
      const result = await call(TOOL, { csv, confirmation_token: token });
      expect(result.isError, result.text).toBe(false);
      return { question, result };
    };
    // As Windows copies a path.
    const { question, result } = await importFile(`"${join(folder, 'list.txt')}"`);
    expect(question).toContain('"Jürgen", surname "Groß", "juergen@example.com"');
    expect(at(result.data, 'counts')).toMatchObject({ created: 1, not_created: 1 });
    const failures = String(at(rowsOf(result, 'files')[0], 'path'));
    expect(failures.startsWith(folder)).toBe(true);
    // Corrected in place, and given by its name alone.
    writeFileSync(
      failures,
      '\ufeffrow;outcome;reason;email;affiliate_type\r\n2;group_unknown;;lotte@example.com;V.I.P.\r\n',
    );
    const again = await importFile(basename(failures));
    expect(again.question).toMatch(/^Create the affiliate "lotte@example\.com", group "V\.I\.P\."\?/);
    expect(again.question).not.toContain('Columns that are not used');
    expect(at(again.result.data, 'counts')).toMatchObject({ created: 1, not_created: 0 });
    expect(at((await call(TOOL, { csv: 'list.txt' })).data, 'counts')).toMatchObject({ created: 0, existing: 2 });
  },
);

it('no file is read where no folder is given', async () => {
  const { path } = temporaryFolder();
  writeFileSync(join(path, 'list.csv'), 'Email\nmia@example.com\n');
  const { call } = await connectStdio('modern', ['--sandbox']);
  const { isError, text } = await call(TOOL, { csv: join(path, 'list.csv') });
  expect(isError).toBe(true);
  expect(text).toContain('this server does not read files');
});
