/** Records of one kind in the order of their ids, with O(1) access by id. */
export class Table<Row extends { readonly id: number }> {
  readonly rows: Row[] = [];
  readonly #byId = new Map<number, Row>();
  #nextId: number;

  constructor(firstId: number) {
    this.#nextId = firstId;
  }

  takeId(): number {
    const id = this.#nextId;
    this.#nextId += 1;
    return id;
  }

  add(row: Row): void {
    this.rows.push(row);
    this.#byId.set(row.id, row);
  }

  get(id: number): Row | undefined {
    return this.#byId.get(id);
  }
}
