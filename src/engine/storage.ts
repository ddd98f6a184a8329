// Flat memory on the host with named tensors in it, for engines that compute where the host can reach.

import { sizeOf } from '../graph/value';
import type { FloatArray, Storage, StorageEntry, Tensor } from './engine';

/**
 * @param flat zero-filled or not; the storage keeps it.
 * @param view makes the engine's tensor over a part of `flat`, without copying.
 * @throws RangeError where an entry does not lie within `flat`, or data to write has another length.
 */
export function hostStorage<Flat extends FloatArray>(
  flat: Flat,
  entries: readonly StorageEntry[],
  view: (part: Flat, shape: readonly number[]) => Tensor,
): Storage {
  const tensors: Record<string, Tensor> = {};
  for (const { name, shape, offset } of entries) {
    const end = offset + sizeOf(shape);
    if (offset < 0 || end > flat.length) throw new RangeError(`storage: '${name}' is [${offset}, ${end}) of ${flat.length} elements`);
    tensors[name] = view(flat.subarray(offset, end) as Flat, shape);
  }
  return {
    length: flat.length,
    tensors,
    flat,
    read: async () => flat.slice(),
    write: async (data) => {
      if (data.length !== flat.length) throw new RangeError(`storage: ${data.length} elements for ${flat.length}`);
      flat.set(data);
    },
  };
}
