const fields = new WeakMap<object, Buffer>();

/**
 * The field of a request that the object was decoded from, with its tag and length: objects are not changed, so it is still
 * what the object encodes to, and has what the object cannot hold.
 */
export const fieldOf = (decoded: object): Buffer | undefined => fields.get(decoded);

/** Says of what field of a request an object was decoded. */
export function rememberField(decoded: object, field: Buffer): void {
  fields.set(decoded, keptField(field));
}

/**
 * The field for those who may keep it longer than its request: in memory of its own if it is a small part of the request, as
 * it would keep all of that.
 */
export const keptField = (field: Buffer): Buffer =>
  field.length * 4 < field.buffer.byteLength ? Buffer.from(field) : field;
