import type { CodeSample, Method, Sample } from './model.ts';

/** A sample as a `curl` line, for a shell in which `SPOOR` and `KEY` are set. */
export function curlOf(
  method: Method,
  { label, path, query, headers = {}, withoutKey, body, options = [] }: Sample,
): CodeSample {
  const parameters = Object.entries(query ?? {}).map(([name, value]) => `${name}=${readable(value)}`);
  const url = `"$SPOOR${path}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}"`;
  const parts = [
    method === 'get' ? `curl ${url}` : `curl --request ${method.toUpperCase()} ${url}`,
    ...(withoutKey === true ? [] : ['--header "Authorization: Bearer $KEY"']),
    ...(body === undefined ? [] : [`--header 'Content-Type: ${body.type}'`]),
    ...Object.entries(headers).map(([name, value]) => `--header '${name}: ${value}'`),
    ...options,
    ...(body === undefined ? [] : [`--data-binary '${body.text.replaceAll("'", String.raw`'\''`)}'`]),
  ];
  return { lang: 'Shell', label, source: parts.join(' \\\n  ') };
}

/** Percent-encoded, except for characters that a query string may contain as they are. */
function readable(value: string): string {
  return encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%2F', '/');
}
