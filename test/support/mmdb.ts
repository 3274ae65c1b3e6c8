/** A value of a record in a database of addresses. */
type Value = string | number | boolean | { readonly [name: string]: Value };

const BITS = 32;
const MAGIC = Buffer.from('\xAB\xCD\xEFMaxMind.com', 'latin1');

/** An `.mmdb` file of IPv4 networks (`203.0.113.0/24`) and their records, as its specification has it. */
export function mmdb(records: Readonly<Record<string, Value>>): Buffer {
  const nodes: [number | undefined, number | undefined][] = [[undefined, undefined]];
  const places: Buffer[] = [];
  const leaves: { readonly node: number; readonly half: 0 | 1; readonly at: number }[] = [];
  let at = 0;
  for (const [network, record] of Object.entries(records)) {
    const [address = '', length = '32'] = network.split('/');
    const bits = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    let node = 0;
    for (let bit = 0; bit < Number(length); bit++) {
      const half = Math.floor(bits / 2 ** (BITS - 1 - bit)) % 2 === 0 ? 0 : 1;
      if (bit === Number(length) - 1) leaves.push({ node, half, at });
      else {
        const next = nodes[node]?.[half] ?? nodes.push([undefined, undefined]) - 1;
        const halves = nodes[node];
        if (halves !== undefined) halves[half] = next;
        node = next;
      }
    }
    const encoded = encode(record);
    places.push(encoded);
    at += encoded.length;
  }
  const count = nodes.length;
  for (const { node, half, at: place } of leaves) {
    const halves = nodes[node];
    if (halves !== undefined) halves[half] = count + 16 + place;
  }
  const tree = Buffer.alloc(count * 8);
  nodes.forEach((halves, node) =>
    halves.forEach((target, half) => tree.writeUInt32BE(target ?? count, node * 8 + half * 4)),
  );
  const metadata = {
    node_count: count,
    record_size: 32,
    ip_version: 4,
    database_type: 'Test',
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
  };
  return Buffer.concat([tree, Buffer.alloc(16), ...places, MAGIC, encode(metadata)]);
}

const [TEXT, UINT32, MAP, BOOLEAN] = [2, 6, 7, 14];

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(TEXT, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0, BOOLEAN - 7]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(UINT32, 4), bytes]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([control(MAP, entries.length), ...entries.flat().map(encode)]);
}

/** @param size below 285 */
function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}
