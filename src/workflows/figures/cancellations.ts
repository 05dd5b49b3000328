import type { JsonObject } from '../../json.ts';
import { flagOf, isSaid } from '../../records/values.ts';

/** Rows by what they say of being cancelled. */
export interface ByCancellation {
  /** Those that say nothing of it as well. */
  readonly live: readonly JsonObject[];
  readonly cancelled: readonly JsonObject[];
  /** Those that say something that cannot be read: they count for neither. */
  readonly unclear: readonly JsonObject[];
}

export function byCancellation(rows: readonly JsonObject[]): ByCancellation {
  const live: JsonObject[] = [];
  const cancelled: JsonObject[] = [];
  const unclear: JsonObject[] = [];
  for (const row of rows) {
    const flag = flagOf(row.cancelled);
    if (flag) cancelled.push(row);
    else if (flag === false || !isSaid(row.cancelled)) live.push(row);
    else unclear.push(row);
  }
  return { live, cancelled, unclear };
}
