import { isObject } from '../json.ts';
import { MAX_DEPTH, readJson, TOO_DEEP, withFewFields } from './answer-json.ts';
import { excerpt, readErrorBody } from './answer-text.ts';
import { type Failure, type Outcome, readStatus } from './errors.ts';
import { type Scrub, scrubValues } from './scrub.ts';

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfterSeconds: number | undefined;
  readonly text: string;
  /** Takes the key out of whatever is read of it. */
  readonly scrub?: Scrub;
}

const EXCERPT_CHARACTERS = 200;
const LIMIT_TEXT = /limit exceeded|rate limit|too many requests/i;
const REQUESTS_TEXT = /(?<![a-z])(requests?|calls?|rate|api)(?![a-z])/i;
/** What LeadDyno's plans limit, or may limit: waiting does not lift such a limit. */
const PLAN_TEXT =
  /(?<![a-z])(affiliates?|plans?|upgrad[a-z]*|subscri[a-z]*|accounts?|users?|members?|seats?|campaigns?|custom[ _-]?fields?|contacts?|leads?|customers?|visitors?)(?![a-z])/i;
const NOT_FOUND_TEXT =
  /not found|(could not|couldn['’]t|cannot|can['’]t) (be found|find)|does(n['’]t| not) exist|no such/i;

/** Whether a text says that there is no such record. */
export const saysNotFound = (text: string): boolean => NOT_FOUND_TEXT.test(text);

/**
 * Judges one complete answer: the parsed JSON of a 2xx one (`null` where it is empty), else a failure.
 * @param write whether the request was one that changes something
 * @param clearMiss whether a 404 counts only if it is JSON or empty
 */
export function readAnswer(answer: Answer, write: boolean, clearMiss = false): Outcome {
  const parsed = readJson(answer.text);
  if (parsed && answer.scrub) scrubValues(parsed.value, answer.scrub);
  const isGood = answer.status >= 200 && answer.status <= 299;
  const limit = limitIn(parsed?.value, write);
  // A write that LeadDyno accepted, or may have, is never sent again, whatever its answer says.
  const isRefused = answer.status >= 400 && answer.status <= 499;
  if (answer.status === 429 || (limit === 'requests' && (isRefused || !write))) return fail(readRateLimit(answer));
  if (clearMiss && answer.status === 404 && parsed === undefined && answer.text.trim() !== '')
    return fail(readNonsense(answer, write));
  if (!isGood) return fail(readRefusal(answer));
  if (answer.text.trim() === '') return { ok: true, value: null };
  if (parsed === undefined) return fail(readNonsense(answer, write));
  if (parsed.cut && (write || holdsNothing(parsed.value))) return fail(readTooDeep(answer.status, write));
  if (write && (limit === 'requests' || limit === 'unclear'))
    return fail(readDoubt(answer, 'said that a limit was exceeded'));
  if (holdsError(parsed.value)) {
    const partly = write && tellsOfSuccess(parsed.value);
    return fail(partly ? readDoubt(answer, 'gave an error alongside a result') : readHiddenError(answer));
  }
  if (limit === 'plan')
    return fail(write ? readDoubt(answer, 'said that a plan limit was reached') : readHiddenError(answer));
  return { ok: true, value: withFewFields(parsed.value) };
}

/** A list of nothing but nesting, one thing in another. What stands in place of one record is shown as it is. */
function holdsNothing(value: unknown): boolean {
  let inner: unknown = Array.isArray(value) ? value : undefined;
  while (typeof inner === 'object' && inner !== null) {
    const [first, ...others] = Object.values(inner);
    if (others.length > 0) return false;
    inner = first;
  }
  return inner === TOO_DEEP;
}

/** JSON deeper than any record: of what a write did it says nothing that is known, of a read at least not all. */
function readTooDeep(status: number, write: boolean): Failure {
  const happened = write ? '; the request most likely took effect' : '';
  const said = `LeadDyno answered ${status} with JSON nested deeper than ${MAX_DEPTH}${happened}`;
  return { reason: 'unexpected', fate: 'unknown', status, said };
}

/** The failure of an answer that was too large to read. */
export function readTooLarge(status: number): Failure {
  const fate = status >= 400 ? readStatus(status).fate : 'unknown';
  return {
    reason: 'unexpected',
    fate,
    status,
    said: `LeadDyno answered ${status}`,
    why: 'answer larger than 10 MiB, or of more than 200,000 values or 10,000 field names',
  };
}

function fail(failure: Failure): Outcome {
  return { ok: false, failure };
}

function readRateLimit({ status, retryAfterSeconds, text, scrub }: Answer): Failure {
  const { why, fate, reason } = readStatus(429);
  const asks = retryAfterSeconds === undefined ? '' : `; it asks to wait ${retryAfterSeconds} s`;
  return {
    reason,
    fate,
    status,
    retryAfterSeconds,
    said: `LeadDyno answered ${status}`,
    why: `${why}${asks}`,
    detail: readErrorBody(text, scrub),
  };
}

function readRefusal({ status, retryAfterSeconds, text, scrub }: Answer): Failure {
  const { reason, fate, why } = readStatus(status);
  const asksToWait = reason === 'upstream' && retryAfterSeconds !== undefined;
  // The text of a redirect quotes its target, and with it a query.
  const detail = status < 400 ? undefined : readErrorBody(text, scrub);
  return {
    reason,
    fate,
    status,
    retryAfterSeconds: asksToWait ? retryAfterSeconds : undefined,
    said: `LeadDyno answered ${status}`,
    why: asksToWait ? `it asks to wait ${retryAfterSeconds} s` : why,
    detail,
  };
}

/** A 2xx answer that is no JSON: a page of something in between, or JSON cut short. */
function readNonsense({ status, contentType, text, scrub }: Answer, write: boolean): Failure {
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(contentType)?.[0]?.toLowerCase();
  const what = type === undefined ? 'something else' : type.includes('json') ? 'broken JSON' : type;
  const happened = write ? '; the request most likely took effect' : '';
  return {
    reason: 'unexpected',
    fate: 'unknown',
    status,
    said: `LeadDyno answered ${status} with ${what} where JSON was expected${happened}`,
    detail: excerpt(text, EXCERPT_CHARACTERS, scrub),
  };
}

/** A 2xx answer to a write whose text contradicts its status. */
function readDoubt({ status, text, scrub }: Answer, what: string): Failure {
  const said = `LeadDyno answered ${status}, as if it had accepted the request, but ${what}`;
  return { reason: 'unexpected', fate: 'unknown', status, said, detail: readErrorBody(text, scrub) };
}

/** A 2xx answer that holds an error in place of a record (API reference 4.4). */
function readHiddenError({ status, text, scrub }: Answer): Failure {
  const detail = readErrorBody(text, scrub);
  const missing = saysNotFound(detail ?? '');
  return {
    reason: missing ? 'not_found' : 'invalid',
    fate: 'refused',
    status,
    said: `LeadDyno answered ${status} with an error`,
    why: missing ? readStatus(404).why : undefined,
    detail,
  };
}

/**
 * LeadDyno, or a gateway before it, says in the body that a limit was exceeded; the status that goes with it is not
 * established (API reference 4.4). For a read it is the limit of requests unless it names what a plan limits alone;
 * for a write only where it speaks of requests and not of a plan. Records are not judged: people may write anything into
 * theirs.
 */
function limitIn(body: unknown, write: boolean): 'requests' | 'plan' | 'unclear' | undefined {
  if (!isObject(body) || isRecord(body)) return undefined;
  const said = [body.error, body.message].filter((text) => typeof text === 'string').join('\n');
  if (!LIMIT_TEXT.test(said)) return undefined;
  const [ofRequests, ofPlan] = [REQUESTS_TEXT.test(said), PLAN_TEXT.test(said)];
  if (write ? ofRequests && !ofPlan : ofRequests || !ofPlan) return 'requests';
  // A custom field may be named "Rate limit".
  if (!/limit exceeded/i.test(said)) return undefined;
  return ofPlan ? 'plan' : 'unclear';
}

/**
 * An error in place of a record, in any of the ways that APIs have: `error` or `errors` with something in it, `success`
 * that is false, a `status` that is an error. Records are not judged here either.
 */
function holdsError(body: unknown): boolean {
  if (!isObject(body) || isRecord(body)) return false;
  const { error, errors, success, status } = body;
  const failed = success === false || (typeof success === 'string' && /^false$/i.test(success.trim()));
  return failed || saysSomething(error) || saysSomething(errors) || (typeof status === 'string' && isFailed(status));
}

const isFailed = (status: string) => /^(error|fail|failed|failure)$/i.test(status.trim());

/** Whether an error's value is more than the place where one would stand: `[]`, `{}` and `{email: []}` are none. */
function saysSomething(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (typeof value !== 'object' || value === null) return value === true || (typeof value === 'number' && value !== 0);
  return Object.values(value).some(saysSomething);
}

/** An answer with an error that says the opposite as well: success, or a record of what was done. */
function tellsOfSuccess(body: unknown): boolean {
  if (!isObject(body)) return false;
  // Errors may have ids of their own.
  const { error, errors, ...others } = body;
  return others.success === true || Object.values(others).flat().some(isRecord);
}

/** Has an id; a null or an empty one is none. */
function isRecord(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { id } = value;
  return typeof id === 'number' || (typeof id === 'string' && id.trim() !== '');
}
