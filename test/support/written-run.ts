import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { WrittenFigures } from './written.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file to which every test file adds figures on the output that was searched. */
    writtenFigures: string;
  }
}

/** Prints, at the end of the run, the sums of what was searched for secrets. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'leaddyno-mcp-written-'));
  const file = join(folder, 'figures.jsonl');
  writeFileSync(file, '');
  project.provide('writtenFigures', file);
  return () => {
    const files = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    const sum: Record<string, number> = {};
    for (const line of files) {
      const figures: WrittenFigures = JSON.parse(line);
      for (const [name, value] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + value;
    }
    process.stdout.write(
      `${JSON.stringify({ faults: 'secrets in the whole run', testFiles: files.length, ...sum })}\n`,
    );
    rmSync(folder, { recursive: true });
  };
}
