/** What of a place database's metadata tells how its tree lies in the file. */
export interface TreeLayout {
  readonly ipVersion: number;
  readonly nodeCount: number;
  readonly nodeByteSize: number;
  /** Bits of one half of a node: 24, 28 or 32. */
  readonly recordSize: number;
}

/** Where in a database the record of an IPv4 address is; undefined when it has none. Equal places are equal records. */
export type FindRecord = (ip: string) => number | undefined;

const IPV4_BITS = 32;
/** In a tree of IPv6 the addresses of IPv4 lie behind so many zeros. */
const ZEROS_BEFORE_IPV4 = 96;
/** The first so many bits are looked up in a table: two thirds of the way, for 256 KB. */
const TABLE_BITS = 16;

/**
 * Walks an .mmdb file's binary tree: a node is two halves, for a 0 and a 1 as the address's next bit; each names the next
 * node, or with a number above all nodes' a record. It is the search of the package that reads these files, which takes
 * several times as long by making an array of each address.
 */
export function ipv4Tree(file: Buffer, layout: TreeLayout): FindRecord {
  const { nodeCount } = layout;
  const half = readHalf(file, layout);
  const walk = (from: number, bits: number, address: number): number => {
    let node = from;
    for (let bit = bits - 1; bit >= 0 && node < nodeCount; bit--) node = half(node, (address >>> bit) & 1);
    return node;
  };
  let root = 0;
  if (layout.ipVersion === 6) for (let bit = 0; bit < ZEROS_BEFORE_IPV4; bit++) root = walk(root, 1, 0);
  const table = Uint32Array.from({ length: 1 << TABLE_BITS }, (_, bits) => walk(root, TABLE_BITS, bits));
  return (ip) => {
    const address = ipv4Number(ip);
    const found = walk(table[address >>> TABLE_BITS] ?? root, IPV4_BITS - TABLE_BITS, address);
    return found > nodeCount ? found : undefined;
  };
}

/** The half of a node, 0 or 1. With 28 bits the two share the byte between them, which holds their highest bits. */
function readHalf(
  file: Buffer,
  { nodeByteSize, recordSize }: TreeLayout,
): (node: number, half: number) => number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  switch (recordSize) {
    case 24:
      return (node, half) => view.getUint32(node * nodeByteSize + half * 3) >>> 8;
    case 28:
      return (node, half) => {
        const at = node * nodeByteSize;
        if (half === 1) return view.getUint32(at + 3) & 0x0fffffff;
        return (view.getUint32(at) >>> 8) | ((view.getUint8(at + 3) & 0xf0) << 20);
      };
    case 32:
      return (node, half) => view.getUint32(node * nodeByteSize + half * 4);
    default:
      throw new Error(`its tree has records of ${recordSize} bits`);
  }
}

/** @param ip four decimal numbers with dots, no leading zeros */
function ipv4Number(ip: string): number {
  let number = 0;
  let part = 0;
  for (let place = 0; place < ip.length; place++) {
    const code = ip.charCodeAt(place);
    if (code === DOT) {
      number = (number << 8) | part;
      part = 0;
    } else part = part * 10 + code - ZERO;
  }
  return ((number << 8) | part) >>> 0;
}

const DOT = 0x2e;
const ZERO = 0x30;
