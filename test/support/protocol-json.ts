import { expect } from 'vitest';
import { isObject, type JsonObject } from '../../src/json.ts';
import type { Result } from './clients.ts';

/** The value at `path` inside a JSON value; undefined if there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isObject(inner) ? inner[key] : undefined;
  }, value);
}

/** The rows of a list result. */
export function rowsOf(result: Result, key: string): JsonObject[] {
  const rows = result.data[key];
  if (!Array.isArray(rows)) throw new Error(`expected rows in ${key}, got ${result.text.slice(0, 300)}`);
  return rows.filter(isObject);
}

/** Every string inside a JSON value, keys included. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...stringsIn(item)]);
}

/** The question of a result that has done nothing yet and asks for a confirmation by token. */
export interface Asked {
  readonly question: string;
  readonly token: string;
  readonly expiresAt: number;
}

/** The question that a result asks. @throws if it asks none */
export function askedIn(result: Result): Asked {
  expect(result.isError, result.text).toBe(false);
  const { confirmation } = result.data;
  const question = at(confirmation, 'question');
  const token = at(confirmation, 'confirmation_token');
  const expires = at(confirmation, 'expires_at');
  if (typeof question !== 'string' || typeof token !== 'string' || typeof expires !== 'string') {
    throw new Error(`expected a question, got ${result.text}`);
  }
  return { question, token, expiresAt: Date.parse(expires) };
}

/** The reason why a call failed. @throws if it did not */
export function reasonOf(result: Result): unknown {
  expect(result.isError, result.text).toBe(true);
  return at(result.data, 'error', 'reason');
}
