import type { Consumer } from '@millrace/core';

/** One of several places that can take a batch. */
export interface Target extends Consumer {
  /** Its address: always the same for the same place. */
  readonly name: string;
  /** Lets the requests under way end, until the signal. */
  close(signal: AbortSignal): Promise<void>;
}

/** The targets there are now; who asks again may be told of others. */
export interface Group {
  targets(): readonly Target[] | Promise<readonly Target[]>;
  /** One of them could not be reached: time to look whether there are others. */
  renew(): void;
  close(signal: AbortSignal): Promise<void>;
}

export const fixedGroup = (targets: readonly Target[]): Group => ({
  targets: () => targets,
  renew: () => {},
  close: async (signal) => void (await Promise.all(targets.map((target) => target.close(signal)))),
});

/** The targets of all groups. One that has none now leaves the others as they are. */
export const joinedGroup = (groups: readonly Group[]): Group => ({
  async targets() {
    const found = await Promise.allSettled(groups.map(async (group) => group.targets()));
    const targets = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const failed = found.find((one) => one.status === 'rejected');
    if (targets.length === 0 && failed) throw failed.reason;
    return targets;
  },
  renew: () => groups.forEach((group) => group.renew()),
  close: async (signal) => void (await Promise.all(groups.map((group) => group.close(signal)))),
});
