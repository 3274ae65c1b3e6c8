/**
 * A query as the query string of a request. A list is one value, separated by commas; dates are sent in ISO 8601 and
 * other objects as JSON. What is null or undefined is not sent.
 */
export function queryString(query: object): string {
  const sent = new URLSearchParams();
  for (const [name, value] of Object.entries<unknown>({ ...query })) {
    if (value !== undefined && value !== null)
      sent.append(name, name === 'filters' ? JSON.stringify(value) : textOf(value));
  }
  return sent.size === 0 ? '' : `?${sent.toString()}`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => textOf(one).replaceAll(',', '\\,')).join(',');
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}
