const openFilesLine = /^Max open files\s+(\d+|unlimited)\s/m;

/** proc_pid_limits(5): the soft limit of open files. Undefined where there is none, or none is told. */
export function parseOpenFilesLimit(text: string): number | undefined {
  const limit = openFilesLine.exec(text)?.[1];
  return limit === undefined || limit === 'unlimited' ? undefined : Number(limit);
}
