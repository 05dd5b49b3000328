/** How many resources of each kind are open; the counts must not grow once everything is closed. */
export type Open = ReadonlyMap<string, number>;

// Not in Node's types. It tells the class of each handle, but, like `getActiveResourcesInfo`, skips unreferenced ones.
const withHandles = process as unknown as { _getActiveHandles(): object[] };

/** Counts sockets, servers, child processes, timers and other work in progress, and the listeners on `process`. */
export function whatIsOpen(): Open {
  const counts = new Map<string, number>();
  const add = (kind: string, many = 1) => counts.set(kind, (counts.get(kind) ?? 0) + many);
  for (const handle of withHandles._getActiveHandles()) add(`handle ${handle.constructor.name}`);
  for (const kind of process.getActiveResourcesInfo()) if (kind !== 'Immediate') add(kind);
  for (const name of process.eventNames()) add('listener on the process', process.listenerCount(name));
  return counts;
}

/** What is open now and was not in `before`. Allows two seconds for it to close. */
export async function leftOpen(before: Open): Promise<string[]> {
  let more = beyond(before);
  for (let tries = 0; tries < 100 && more.length > 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    more = beyond(before);
  }
  return more;
}

function beyond(before: Open): string[] {
  return [...whatIsOpen()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} × ${kind}`] : [];
  });
}
