/**
 * Bytes of telemetry that this process holds: queues, and batches on their way from a receiver to the next owner. They are
 * what a memory limit can wait for; the rest of the heap is the collector's own.
 */
let held = 0;

export const heldBytes = (): number => held;

/** Counts bytes as held until the function that it returns is called; calls after the first do nothing. */
export function hold(bytes: number): () => void {
  let counted = bytes;
  held += counted;
  return () => {
    held -= counted;
    counted = 0;
  };
}
