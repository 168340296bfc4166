import { Reader } from '@millrace/protobuf';

/** A SelectMergeProfileRequest of Grafana Pyroscope. */
export interface MergeRequest {
  readonly type: string;
  readonly selector: string;
  readonly from: number;
  readonly until: number;
}

export function readMergeRequest(body: Uint8Array): MergeRequest {
  const found = { type: '', selector: '', from: 0, until: 0 };
  const reader = new Reader(body);
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag >> 3 === 1) found.type = reader.text();
    else if (tag >> 3 === 2) found.selector = reader.text();
    else if (tag >> 3 === 3) found.from = reader.varint();
    else found.until = reader.varint();
  }
  return found;
}

/** A window is asked for twice, the second time for its last millisecond and what lies behind it. */
export const isBehind = ({ from, until }: MergeRequest): boolean => until - from === 1;
