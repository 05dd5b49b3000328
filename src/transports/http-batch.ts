/** What a body asks for, read before the SDK sees it. */
export interface Asked {
  /** The body without the calls that it cancels itself, and without their cancellations. */
  readonly body: unknown;
  /** Number of calls in it. */
  readonly calls: number;
  /** The call opens a stream of changes, which stays open as long as the client likes and does no work. */
  readonly isStream?: true;
  /** Why it cannot be served. */
  readonly flaw?: string;
}

type Message = Readonly<Record<string, unknown>>;

const isMessage = (value: unknown): value is Message => typeof value === 'object' && value !== null;
const isCall = (value: unknown): value is Message => isMessage(value) && 'method' in value && 'id' in value;

/**
 * Reads a body: one message, or a batch (revision 2025-03-26). A call that its own batch cancels gets no answer, and
 * the SDK would wait for that answer forever, so such a call is not started.
 */
export function readBatch(body: unknown): Asked {
  if (!Array.isArray(body)) {
    const isStream = isCall(body) && body.method === 'subscriptions/listen';
    return { body, calls: isCall(body) ? 1 : 0, ...(isStream && { isStream }) };
  }
  const cancelled = new Map<unknown, number>();
  body.forEach((message, index) => {
    const id = cancelledBy(message);
    if (id !== undefined) cancelled.set(id, index);
  });
  const left = body.filter((message, index) => {
    if (cancelledBy(message) !== undefined) return false;
    return !(isCall(message) && index < (cancelled.get(message.id) ?? -1));
  });
  const calls = left.filter(isCall);
  if (new Set(calls.map(({ id }) => id)).size < calls.length)
    return { body: left, calls: calls.length, flaw: 'Two requests of the batch have the same id.' };
  return { body: left, calls: calls.length };
}

/** The id of the call that a message cancels. */
function cancelledBy(message: unknown): unknown {
  if (!isMessage(message) || message.method !== 'notifications/cancelled' || !isMessage(message.params))
    return undefined;
  return message.params.requestId;
}
