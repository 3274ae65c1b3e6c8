export function weakEtag(tag: string): string {
  return `W/"${tag}"`;
}

/**
 * Whether an If-None-Match header names the tag, weak or strong. (Koa's `fresh` gives way to a `Cache-Control:
 * no-cache`, which fetch adds to such a request by itself.)
 */
export function matchesTag(header: string, tag: string): boolean {
  if (header === '') return false;
  const named = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(`"${tag}"`);
}
