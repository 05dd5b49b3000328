import { afterAll, expect, onTestFinished, TestRunner } from 'vitest';

/*
 * Closes whatever a test opens. A file closes what it opens for all of its tests; it fails if anything (a server, a
 * socket, a child process) is still open after its last test.
 */

const open = new Set<{ close(): Promise<void> }>();

/** Registers something that has to be closed: closed after the running test, or by hand if opened outside of a test. */
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
  // Destroyed sockets close a moment later.
  for (let tries = 0; tries < 100 && handles().length > atStart.length; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(handles(), 'leaked handles').toEqual(atStart);
});
