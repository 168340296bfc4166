const ranges = {
  fixed32: [0n, 2n ** 32n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

/** Whether protobuf's type can hold it. */
export const isOf = (value: bigint, type: keyof typeof ranges): boolean =>
  value >= ranges[type][0] && value <= ranges[type][1];
