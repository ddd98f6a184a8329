// The checksum of TensorBoard's records: CRC-32C (Castagnoli), rotated and shifted so that the
// checksum of data that itself holds checksums stays meaningful (TFRecord's "masked" form).

const POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;

const SLICES = 8;

/** Entry [slice · 256 + byte]: what a byte does to the checksum when `slice` more bytes follow it ("slicing-by-8", Kounavis & Berry 2005). */
const TABLE = new Int32Array(SLICES * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  TABLE[byte] = value;
}
for (let at = 256; at < TABLE.length; at++) {
  const before = TABLE[at - 256] ?? 0;
  TABLE[at] = (before >>> 8) ^ (TABLE[before & 0xff] ?? 0);
}

/** CRC-32C of `bytes` as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  // A step for eight bytes instead of one makes a long history open in two thirds of the time; every index is inside.
  const { length } = bytes;
  let crc = ~0;
  let index = 0;
  for (const last = length - SLICES; index <= last; index += SLICES) {
    crc =
      (TABLE[0x700 + ((crc ^ (bytes[index] ?? 0)) & 0xff)] ?? 0) ^
      (TABLE[0x600 + (((crc >>> 8) ^ (bytes[index + 1] ?? 0)) & 0xff)] ?? 0) ^
      (TABLE[0x500 + (((crc >>> 16) ^ (bytes[index + 2] ?? 0)) & 0xff)] ?? 0) ^
      (TABLE[0x400 + ((crc >>> 24) ^ (bytes[index + 3] ?? 0))] ?? 0) ^
      (TABLE[0x300 + (bytes[index + 4] ?? 0)] ?? 0) ^
      (TABLE[0x200 + (bytes[index + 5] ?? 0)] ?? 0) ^
      (TABLE[0x100 + (bytes[index + 6] ?? 0)] ?? 0) ^
      (TABLE[bytes[index + 7] ?? 0] ?? 0);
  }
  for (; index < length; index++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** The masked form that TFRecord files store. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
