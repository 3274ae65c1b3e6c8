import { namesOf } from '../lib/names.ts';

/** How a file of text can be compressed as a whole. */
export const COMPRESSIONS = {
  gzip: { extension: 'gz', contentType: 'application/gzip' },
  zstd: { extension: 'zst', contentType: 'application/zstd' },
} as const;

export type Compression = keyof typeof COMPRESSIONS;

export const COMPRESSION_NAMES = namesOf(COMPRESSIONS);
