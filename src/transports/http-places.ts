/** Limits how many calls run at the same time. A batch needs a place for each of its calls. */
export interface Places {
  /** Why a request with this many calls may not start now (503) or ever (413); undefined if it may. */
  refuses(calls: number, caller: string | undefined): PlaceRefusal | undefined;
  /** @returns a function that gives the places back; calling it again does nothing */
  take(calls: number, caller: string | undefined): () => void;
}

export interface PlaceRefusal {
  readonly status: 413 | 503;
  readonly message: string;
}

/**
 * @param most how many calls may run at the same time
 * @param mostPerCaller how many of them one named caller may have
 * @param what their name in refusals
 */
export function createPlaces(most: number, mostPerCaller: number, what = 'requests'): Places {
  let running = 0;
  const runningOf = new Map<string, number>();

  function count(calls: number, caller: string | undefined): void {
    running += calls;
    if (caller === undefined) return;
    const left = (runningOf.get(caller) ?? 0) + calls;
    if (left > 0) runningOf.set(caller, left);
    else runningOf.delete(caller);
  }

  return {
    refuses(calls, caller) {
      const share = caller === undefined ? most : Math.min(most, mostPerCaller);
      if (calls > share)
        return {
          status: 413,
          message: `A batch of ${calls} calls exceeds how many may run at the same time (${share}). Send fewer at once.`,
        };
      if (running + calls > most) return { status: 503, message: `Too many ${what} at once.` };
      const own = caller === undefined ? 0 : (runningOf.get(caller) ?? 0);
      if (own + calls > share) return { status: 503, message: `Too many ${what} from one caller at once.` };
      return undefined;
    },
    take(calls, caller) {
      count(calls, caller);
      let given = false;
      return () => {
        if (!given) count(-calls, caller);
        given = true;
      };
    },
  };
}
