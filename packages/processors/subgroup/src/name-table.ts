/** The kernel keeps 15 bytes of a process's name (TASK_COMM_LEN is 16 with its end; proc_pid_comm(5)). */
const keptBytes = 15;

export const isCut = (name: string): boolean => Buffer.byteLength(name) === keptBytes;
export const cut = (name: string): string =>
  Buffer.byteLength(name) > keptBytes ? Buffer.from(name).toString('utf8', 0, keptBytes) : name;

/** Names to values, such that a name that the kernel has cut finds the whole one, and a whole one its cut. */
export interface NameTable<T> {
  /** A name that is there already gets the new value. */
  add(name: string, value: T): void;
  find(name: string): readonly T[];
}

export function nameTable<T>(): NameTable<T> {
  const exact = new Map<string, T>();
  const wholeByCut = new Map<string, T>();
  return {
    add(name, value) {
      exact.set(name, value);
      const short = cut(name);
      if (short !== name) wholeByCut.set(short, value);
    },
    find(name) {
      const short = cut(name);
      const other = short === name ? (isCut(name) ? wholeByCut.get(name) : undefined) : exact.get(short);
      return [exact.get(name), other].filter((value) => value !== undefined);
    },
  };
}
