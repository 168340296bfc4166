/** As much of oracledb as is used; it comes without types. https://node-oracledb.readthedocs.io */
declare module 'oracledb' {
  export interface ColumnMetadata {
    readonly name: string;
    readonly dbTypeName?: string;
    readonly precision?: number;
    readonly scale?: number;
  }
  export interface ResultSet {
    readonly metaData: readonly ColumnMetadata[];
    getRows(count: number): Promise<readonly (readonly unknown[])[]>;
    close(): Promise<void>;
  }
  export interface Connection {
    callTimeout: number;
    execute(sql: string, binds: readonly unknown[], options: object): Promise<{ readonly resultSet?: ResultSet }>;
    getStatementInfo(sql: string): Promise<unknown>;
    break(): Promise<void>;
    rollback(): Promise<void>;
    close(options?: { readonly drop: boolean }): Promise<void>;
    isHealthy(): boolean;
  }
  const oracledb: {
    readonly OUT_FORMAT_ARRAY: number;
    readonly STRING: object;
    readonly BUFFER: object;
    getConnection(options: object): Promise<Connection>;
  };
  export default oracledb;
}
