import { afterAll, expect, onTestFinished, TestRunner } from 'vitest';

/*
 * Whatever a test opens is closed after it. What was opened for a whole file is closed by the file; what is still open
 * when all of its tests have run (a server, a socket, a child process) fails it.
 */

const open = new Set<{ close(): Promise<void> }>();

/** Registers something to be closed: by itself after the running test, by hand where it serves a whole file. */
export function closeAtEnd<Thing extends { close(): Promise<void> }>(thing: Thing): Thing {
  const { close } = thing;
  const tracked = {
    ...thing,
    async close() {
      open.delete(tracked);
      await close();
    },
  };
  open.add(tracked);
  if (TestRunner.getCurrentTest()) onTestFinished(() => (open.has(tracked) ? tracked.close() : undefined));
  return tracked;
}

const HANDLES = /^(TCP|Pipe|Process|TTY|UDP)/;

function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => HANDLES.test(name))
    .sort();
}

const atStart = handles();

afterAll(async () => {
  expect([...open], 'left open').toEqual([]);
  // Sockets that were destroyed close a moment later.
  for (let tries = 0; tries < 100 && handles().length > atStart.length; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(handles(), 'leaked handles').toEqual(atStart);
});
