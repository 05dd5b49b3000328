import { setTimeout as pause } from 'node:timers/promises';
import { isObject, type JsonObject } from '../../src/json.ts';

const ATTEMPTS = 5;
const LONGEST_PAUSE_MS = 60_000;

/** Says what an endpoint answered; never includes the key. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

/**
 * Posts JSON to an endpoint, and tries again if it is busy (429) or fails (5xx). @returns its answer
 * @throws EndpointError if it answers with another error, still fails at the last attempt, or sends no JSON object
 */
export async function postJson(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: JsonObject,
  signal: AbortSignal,
): Promise<JsonObject> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal,
    });
    const text = await response.text();
    if (response.ok) return readObject(url, text);
    const mayPass = response.status === 429 || response.status >= 500;
    if (!mayPass || attempt === ATTEMPTS) {
      throw new EndpointError(`${url} answered ${response.status}: ${text.slice(0, 300)}`);
    }
    const asked = Number(response.headers.get('retry-after')) * 1_000;
    await pause(Math.min(asked > 0 ? asked : 500 * 2 ** attempt, LONGEST_PAUSE_MS), undefined, { signal });
  }
}

function readObject(url: string, text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Reported below, with the text.
  }
  throw new EndpointError(`${url} answered no JSON object: ${text.slice(0, 300)}`);
}

export const objectsIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
export const numberIn = (value: unknown): number => (typeof value === 'number' ? value : 0);
