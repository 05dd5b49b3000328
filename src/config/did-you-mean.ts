/** How many letters must be changed, removed, inserted or swapped with the next to turn one word into the other. */
function distance(one: string, other: string): number {
  const rows = Array.from({ length: one.length + 1 }, (_, i) =>
    Array.from({ length: other.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const cell = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= one.length; i += 1) {
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const least = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (same ? 0 : 1));
      (rows[i] as number[])[j] = swapped ? Math.min(least, cell(i - 2, j - 2) + 1) : least;
    }
  }
  return cell(one.length, other.length);
}

/** Longer words are not typing errors, and may be a key. */
const LONGEST = 40;

/** The nearest known word, if it is close enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length < 2 || word.length > LONGEST) return undefined;
  const near = known.map((one) => ({ one, far: one.startsWith(word) && word.length > 3 ? 1 : distance(word, one) }));
  const [best] = near.sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(1, Math.floor(word.length / 3)) ? best.one : undefined;
}

/** ` Did you mean X?`, to add to a sentence; empty if no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
}
