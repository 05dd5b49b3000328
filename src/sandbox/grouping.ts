/** The records that belong to one owner (an affiliate, a lead, a purchase), in the order of their ids. */
export class Grouping<Row extends { readonly id: number }> {
  readonly #groups = new Map<number, Row[]>();

  of(owner: number): readonly Row[] {
    return this.#groups.get(owner) ?? [];
  }

  add(owner: number, row: Row): void {
    const group = this.#groups.get(owner);
    if (group === undefined) {
      this.#groups.set(owner, [row]);
      return;
    }
    const last = group.at(-1);
    if (last === undefined || last.id < row.id) {
      group.push(row);
      return;
    }
    // Only a record that changes hands lands here; it must not jump to the front of a descending list.
    const position = group.findIndex((other) => other.id > row.id);
    group.splice(position, 0, row);
  }

  remove(owner: number, row: Row): void {
    const group = this.#groups.get(owner);
    const position = group?.indexOf(row) ?? -1;
    if (position >= 0) group?.splice(position, 1);
  }
}
