/** The method in a request line (`GET /launch HTTP/1.1`); empty in one that never came whole. */
export function methodOf(line: string): string {
  // Nearly every line's, which is not cut out again each time.
  return line.startsWith('GET ') ? 'GET' : line.slice(0, Math.max(0, line.indexOf(' ')));
}

/** The target in a request line, which ends with the protocol except in HTTP/0.9. */
export function targetOf(line: string): string {
  return line.slice(line.indexOf(' ') + 1, line.length - protocolLength(line));
}

const PROTOCOL = / HTTP\/\d+(?:\.\d+)?$/;
const USUAL_LENGTH = ' HTTP/1.1'.length;

function protocolLength(line: string): number {
  const start = line.length - USUAL_LENGTH;
  if (line.startsWith(' HTTP/1.', start) || line.startsWith(' HTTP/2.', start)) {
    const minor = line.charCodeAt(line.length - 1);
    if (minor >= 0x30 && minor <= 0x39) return USUAL_LENGTH;
  }
  return PROTOCOL.exec(line.slice(line.lastIndexOf(' ')))?.[0].length ?? 0;
}
