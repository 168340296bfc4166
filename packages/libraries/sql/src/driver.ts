/** One kind of database, for `driver: <name>`: the default export of the package `@millrace/sql-<name>`. */
export interface Driver {
  /** As in the package's name. */
  readonly name: string;
  /** What a target is, for the attributes of its resource and for messages: nothing secret. May throw a SqlError. */
  describe(target: Target): Place;
  /** Rejects with a SqlError when the signal is aborted, at the latest; nothing is then left open. */
  connect(target: Target, signal: AbortSignal): Promise<Connection>;
}

/** Where a database is: `datasource` as the database's own tools write it, or the parts. */
export interface Target {
  readonly datasource?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** More of the connection, under the names that the database's own tools use. */
  readonly params?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Nothing may be written over its connections: by a read-only transaction or session, or however the database does it. */
  readonly readOnly: boolean;
}

/** The semantic conventions' words. What is not known is absent. */
export interface Place {
  /** `db.system.name`: `postgresql`, `microsoft.sql_server`. */
  readonly system: string;
  /** `server.address`: a host, or the path of a socket or file. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** `db.namespace`: the database. */
  readonly namespace?: string | undefined;
}

/** One session; it runs one statement at a time. */
export interface Connection {
  /**
   * Runs one statement and gives its rows in pieces of about a thousand, read from the server as they are asked for, at least
   * one piece (which has the columns, if no rows). Fails with a SqlError. When the signal is aborted the statement is
   * cancelled on the server, and the iteration fails soon, with the kind `cancelled`. Who stops iterating ends the statement.
   */
  query(sql: string, options: QueryOptions): AsyncIterable<Rows>;
  /** Has the database read a statement without running it. Rejects with a SqlError that says what is wrong, and where. */
  check(sql: string, signal: AbortSignal): Promise<void>;
  /** It can run no further statement: to be closed and replaced. */
  readonly isBroken: boolean;
  /** Never rejects, and does not wait for a server that does not answer. */
  close(): Promise<void>;
}

export interface QueryOptions {
  /** For the statement's placeholders, in their order, written as the database writes them (`$1`, `?`, `:1`, `@p1`). */
  readonly parameters?: readonly Value[];
  readonly signal: AbortSignal;
  /** The signal is aborted after so long: what the server may be told too, for the case that it never hears of an abort. */
  readonly timeoutMs?: number;
}

export interface Rows {
  /** The same object for every piece of one statement. */
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** The database's own name of the type, for messages: `int8`, `timestamptz`. */
  readonly type?: string;
}

/** A value for each column. */
export type Row = readonly Value[];

/** What the values of a column are; NULL is null in all of them. */
export type Kind =
  /** A number where that is exact, else a bigint. */
  | 'integer'
  /** A number; it may be NaN or infinite. */
  | 'double'
  /** Its digits, as text: `-12.50`. */
  | 'decimal'
  | 'boolean'
  /** ISO 8601 text with all its digits: `2026-01-31T12:00:00.123456Z`; without a zone where the type has none; a date alone. */
  | 'time'
  | 'text'
  /** JSON text. */
  | 'json'
  /** A Uint8Array. */
  | 'bytes'
  /** The column has no type of its own: each value says by its JavaScript type what it is. */
  | 'any';

export type Value = string | number | bigint | boolean | null | Uint8Array;
