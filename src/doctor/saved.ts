import * as z from 'zod';
import { parseJson } from '../json.ts';

/** What the doctor found about an account and the server can use: one entry per account and address. */
const entry = z.object({
  /** Digest of the key: findings apply only to that account. */
  account: z.string(),
  base_url: z.string(),
  checked_at: z.string(),
  key_transport: z.enum(['header', 'query']),
  /** Largest page per list, if known. */
  page_sizes: z.record(z.string(), z.number()),
});

export type SavedFindings = z.infer<typeof entry>;

const file = z.object({ findings: z.array(entry) });

/** @throws Error if the text is not a findings file; the message does not quote it */
export function parseSaved(text: string): SavedFindings[] {
  const parsed = file.safeParse(parseJson(text)?.value);
  if (!parsed.success) throw new Error('it contains no findings of leaddyno-mcp doctor');
  return parsed.data.findings;
}

/** The text of the file, with one account's old findings replaced by the new ones. */
export function withFindings(before: readonly SavedFindings[], found: SavedFindings): string {
  const others = before.filter(({ account, base_url }) => account !== found.account || base_url !== found.base_url);
  return `${JSON.stringify({ findings: [...others, found] }, null, 2)}\n`;
}
