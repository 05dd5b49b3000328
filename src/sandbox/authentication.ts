export type KeyPlace = 'header' | 'query' | 'body';

export interface Authentication {
  readonly keyIn: KeyPlace | 'none';
  readonly valid: boolean;
}

/** A key counts where it is accepted; otherwise the log still says where the first one was. */
export function authenticate(
  found: Readonly<Record<KeyPlace, unknown>>,
  expected: string,
  acceptKeyIn: readonly KeyPlace[],
): Authentication {
  const places = (['header', 'query', 'body'] as const).filter((place) => found[place] !== undefined);
  const valid = places.find((place) => acceptKeyIn.includes(place) && found[place] === expected);
  return { keyIn: valid ?? places[0] ?? 'none', valid: valid !== undefined };
}
