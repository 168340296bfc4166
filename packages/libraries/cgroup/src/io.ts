import type { Devices } from './devices.ts';
import { countOf } from './numbers.ts';
import type { Place } from './place.ts';
import type { DeviceIo } from './sample.ts';

/** The counters of version 1, in the order in which they are asked: the first that has counted anything is taken, for good. */
const v1Sources = [
  // The schedulers CFQ (before Linux 5.0) and BFQ count what they gave to the device,
  { bytes: 'blkio.io_service_bytes_recursive', operations: 'blkio.io_serviced_recursive', last: false },
  { bytes: 'blkio.bfq.io_service_bytes_recursive', operations: 'blkio.bfq.io_serviced_recursive', last: false },
  // the throttle what it was asked for. Before Linux 4.18 it has no sums over the cgroups below.
  {
    bytes: 'blkio.throttle.io_service_bytes_recursive',
    operations: 'blkio.throttle.io_serviced_recursive',
    last: true,
  },
  { bytes: 'blkio.throttle.io_service_bytes', operations: 'blkio.throttle.io_serviced', last: true },
] as const;

/** Where a reader of version 1 gets the I/O of its cgroup from. */
export type IoSource = (typeof v1Sources)[number];

export interface IoV1 {
  /** Undefined where it is not known; empty where there was none yet. */
  readonly devices: readonly DeviceIo[] | undefined;
  /** The source to read the next time: another one's counters are not comparable. Undefined while there was no I/O. */
  readonly source: IoSource | undefined;
}

/** https://docs.kernel.org/admin-guide/cgroup-v1/blkio-controller.html */
export function readIoV1(place: Place, devices: Devices, source: IoSource | undefined): IoV1 {
  let known = false;
  for (const candidate of source ? [source] : v1Sources) {
    const bytes = place.text('blkio', candidate.bytes);
    if (bytes === undefined) continue;
    known = true;
    if (bytes.includes(':')) {
      const operations = place.text('blkio', candidate.operations) ?? '';
      return { devices: devicesOf(bytes, operations, devices), source: candidate };
    }
    if (candidate.last) break;
  }
  return { devices: known ? [] : undefined, source };
}

function devicesOf(bytes: string, operations: string, devices: Devices): readonly DeviceIo[] {
  const found = new Map<string, DeviceIo>();
  for (const { device, operation, count } of parseV1(bytes)) {
    const one = deviceIo(found, device, devices);
    if (operation === 'Read') one.readBytes = count;
    else if (operation === 'Write') one.writeBytes = count;
    else if (operation === 'Discard') one.discardBytes = count;
  }
  for (const { device, operation, count } of parseV1(operations)) {
    const one = deviceIo(found, device, devices);
    if (operation === 'Read') one.readOperations = count;
    else if (operation === 'Write') one.writeOperations = count;
    else if (operation === 'Discard') one.discardOperations = count;
  }
  return [...found.values()];
}

interface Row {
  readonly device: string;
  readonly operation: string;
  readonly count: number | bigint;
}

/** `8:0 Read 4096`, and a line `Total 4096` without a device. */
function* parseV1(text: string): Generator<Row> {
  // What follows the last line's end has been cut.
  for (const line of text.split('\n').slice(0, -1)) {
    const [device = '', operation = '', value] = line.split(' ');
    const count = countOf(value);
    if (count !== undefined && isDevice(device)) yield { device, operation, count };
  }
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html#io-interface-files */
export function readIoV2(place: Place, devices: Devices): readonly DeviceIo[] | undefined {
  const text = place.text('v2', 'io.stat');
  if (text === undefined) return undefined;
  const found = new Map<string, DeviceIo>();
  for (const line of text.split('\n').slice(0, -1)) {
    let device: string | undefined;
    for (const word of line.split(' ')) {
      // Some kernels leave out the line's end after a device that has no numbers: `7:0 8:0 rbytes=…`.
      if (isDevice(word)) device = word;
      else if (device !== undefined) take(found, device, { word, devices });
    }
  }
  return [...found.values()];
}

function take(
  found: Map<string, DeviceIo>,
  device: string,
  { word, devices }: { word: string; devices: Devices },
): void {
  const equals = word.indexOf('=');
  const field = fields.get(word.slice(0, equals));
  const count = countOf(word.slice(equals + 1));
  if (field !== undefined && count !== undefined) deviceIo(found, device, devices)[field] = count;
}

type Counters = Omit<DeviceIo, 'device' | 'name' | 'virtual'>;

const fields: ReadonlyMap<string, keyof Counters> = new Map([
  ['rbytes', 'readBytes'],
  ['wbytes', 'writeBytes'],
  ['rios', 'readOperations'],
  ['wios', 'writeOperations'],
  ['dbytes', 'discardBytes'],
  ['dios', 'discardOperations'],
] as const);

const isDevice = (word: string): boolean => /^\d+:\d+$/.test(word);

function deviceIo(found: Map<string, DeviceIo>, device: string, devices: Devices): DeviceIo {
  let one = found.get(device);
  if (!one) {
    one = {
      device,
      ...devices.find(device),
      readBytes: undefined,
      writeBytes: undefined,
      readOperations: undefined,
      writeOperations: undefined,
      discardBytes: undefined,
      discardOperations: undefined,
    };
    found.set(device, one);
  }
  return one;
}
