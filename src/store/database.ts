// The port to a PostgreSQL: the two openers (postgres.ts, pglite.ts) give the same thing. SQL stays within PostgreSQL 15.
// Values come back alike from both: int8 as number, timestamptz as Date, bytea as Buffer, arrays as arrays, jsonb parsed,
// json as text. Errors of the database come out as a Problem (postgres-problems.ts), whichever function met them.

/** One statement. `name` makes it a named prepared statement where that helps; the same name always has the same text. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

export interface Queryable {
  readonly query: <Row>(statement: Statement) => Promise<readonly Row[]>;
}

export interface TransactionOptions {
  /** Settings that hold until the transaction ends (`set_config(name, value, true)`). Sent together with BEGIN. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Statements of the store's own without parameters that come first, sent together with BEGIN where that saves a round trip. */
  readonly opening?: readonly string[];
  /**
   * What comes last, asked for when the work is done: sent together with COMMIT, so that what it locks is held for no longer than the
   * database needs, whatever becomes of this process. Its values are texts.
   */
  readonly closing?: () => Statement | undefined;
}

export interface Database extends Queryable {
  readonly kind: 'pglite' | 'postgres';
  /** READ COMMITTED; commits when `work` resolves, rolls back when it rejects. Only SQL may be awaited in it. */
  readonly transaction: <T>(
    /** `opened`: the rows of the last opening statement. */
    work: (inside: Queryable, opened: readonly unknown[]) => Promise<T>,
    options?: TransactionOptions,
  ) => Promise<T>;
  /** Several statements without parameters, for migrations. */
  readonly script: (sql: string) => Promise<void>;
  readonly close: () => Promise<void>;
}
