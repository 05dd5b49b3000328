import { setFlagsFromString } from 'node:v8';

/*
 * Long lists pass through as text and short-lived rows. Left alone, V8 lets its heap grow to a multiple of what is in
 * use before it collects them; in small steps the server keeps half of that (bench/memory.ts). It costs a third more
 * processor time where many short calls come in (bench/http.ts), so it is so only while there are long lists.
 */

/** A list of so many rows is a long one. */
const LONG = 10_000;
const SMALL_STEP_PERCENT = 20;
/** How long after the last long list. */
const FOR_MS = 60_000;

let over: NodeJS.Timeout | undefined;

/** To be told whenever rows of a list come in or are made into records. */
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
