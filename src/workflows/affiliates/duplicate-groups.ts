import { CONFIDENCES, type Confidence, type Evidence } from './duplicate-evidence.ts';

/** Affiliates that hang together by what was found about them. */
export interface Group {
  readonly ids: readonly number[];
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
}

const rankOf = (confidence: Confidence) => CONFIDENCES.indexOf(confidence);

/**
 * Merges what is about the same people into one group each, leaving out signs that are too weak: they would otherwise
 * tie strangers together. The strongest groups come first, then the larger ones.
 */
export function groupEvidence(found: readonly Evidence[], least: Confidence): Group[] {
  const kept = found.filter(({ confidence }) => rankOf(confidence) >= rankOf(least));
  const parents = new Map<number, number>();
  const rootOf = (id: number): number => {
    let root = id;
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root)) root = up;
    // Shortens the way for the next one.
    for (let at = id; at !== root; ) {
      const up = parents.get(at) ?? root;
      parents.set(at, root);
      at = up;
    }
    return root;
  };
  for (const { ids } of kept) {
    const [first] = ids;
    if (first === undefined) continue;
    for (const id of ids) parents.set(rootOf(id), rootOf(first));
  }
  const members = new Map<number, { ids: Set<number>; evidence: Evidence[] }>();
  for (const one of kept) {
    const [first] = one.ids;
    if (first === undefined) continue;
    const root = rootOf(first);
    const group = members.get(root) ?? { ids: new Set(), evidence: [] };
    members.set(root, group);
    group.evidence.push(one);
    for (const id of one.ids) group.ids.add(id);
  }
  return [...members.values()].map(toGroup).sort(byWeight);
}

function toGroup({ ids, evidence }: { ids: Set<number>; evidence: Evidence[] }): Group {
  const sorted = evidence.toSorted((a, b) => rankOf(b.confidence) - rankOf(a.confidence));
  return { ids: [...ids].sort((a, b) => a - b), evidence: sorted, confidence: sorted[0]?.confidence ?? 'low' };
}

function byWeight(a: Group, b: Group): number {
  return (
    rankOf(b.confidence) - rankOf(a.confidence) || b.ids.length - a.ids.length || (a.ids[0] ?? 0) - (b.ids[0] ?? 0)
  );
}
