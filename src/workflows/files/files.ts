import type { JsonObject } from '../../json.ts';
import type { KeptFile, Work } from '../workflow.ts';

/**
 * A file as a result names it. A workflow puts its files under `files`; what stands there is this server's own word
 * (never a stranger's), and becomes a `resource_link` besides (`mcp/results.ts`).
 */
export interface FileLink extends JsonObject {
  readonly uri: string;
  readonly name: string;
  readonly mime_type: string;
  /** Bytes. */
  readonly size: number;
  /** UTC; afterwards the file is gone. */
  readonly expires_at: string;
}

/**
 * Keeps a file and names it.
 * @param facts what else the result says of it, in words of this server alone
 * @throws Unavailable
 */
export async function keepFile(work: Work, file: KeptFile, facts: JsonObject = {}): Promise<FileLink> {
  const { uri, expires_at } = await work.keepFile(file);
  return { uri, name: file.name, mime_type: file.mimeType, size: bytesOf(file.text), ...facts, expires_at };
}

const encoder = new TextEncoder();

/** The size of a text as it is sent. */
export const bytesOf = (text: string): number => encoder.encode(text).length;
