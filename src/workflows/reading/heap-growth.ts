import { setFlagsFromString } from 'node:v8';

/*
 * Long lists pass through memory as text and short-lived rows. By default, V8 lets its heap grow to a multiple of what
 * is in use before it collects them; with small steps the server needs half as much (bench/memory.ts). Small steps cost
 * a third more processor time with many short calls (bench/http.ts), so they are used only while there are long lists.
 */

/** A list of this many rows counts as long. */
const LONG = 10_000;
const SMALL_STEP_PERCENT = 20;
/** How long small steps stay on after the last long list. */
const FOR_MS = 60_000;

let over: NodeJS.Timeout | undefined;

/** Call this whenever rows of a list arrive or are turned into records. */
export function noteRows(count: number): void {
  if (count < LONG) return;
  if (over) {
    over.refresh();
    return;
  }
  setFlagsFromString(`--heap-growing-percent=${SMALL_STEP_PERCENT}`);
  over = setTimeout(() => {
    over = undefined;
    setFlagsFromString('--heap-growing-percent=0');
  }, FOR_MS).unref();
}
