import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';

let isNative = false;

/**
 * Has yazl take each entry's CRC-32 with zlib's own function. Its dependency does it byte by byte in JavaScript, which
 * costs more than all else that an archive takes of the main thread, and it has no setting for another one. Where Node
 * is too old to have that function all stays as it is.
 */
export function useNativeChecksum(): void {
  if (isNative || !('crc32' in zlib)) return;
  isNative = true;
  const ofSpoor = createRequire(import.meta.url);
  const checksum: unknown = createRequire(ofSpoor.resolve('yazl'))('buffer-crc32');
  if (typeof checksum === 'function' && 'unsigned' in checksum) checksum.unsigned = zlib.crc32;
}
