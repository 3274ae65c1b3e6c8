/** The method in a request line (`GET /launch HTTP/1.1`); empty in one that never came whole. */
export function methodOf(line: string): string {
  return line.slice(0, Math.max(0, line.indexOf(' ')));
}

const PROTOCOL = /^\d+(?:\.\d+)?$/;

/** The target in a request line, which ends with the protocol except in HTTP/0.9. */
export function targetOf(line: string): string {
  const start = line.indexOf(' ') + 1;
  const end = line.lastIndexOf(' HTTP/');
  const hasProtocol = end >= start && PROTOCOL.test(line.slice(end + ' HTTP/'.length));
  return hasProtocol ? line.slice(start, end) : line.slice(start);
}
