/** A value that is not this text, with which a service says that there is none. */
export const unless =
  (none: string) =>
  (found: unknown): unknown =>
    found === none ? undefined : found;

/** `Chrome 131.0` and `Windows 10` without their versions. */
export function withoutVersion(found: unknown): unknown {
  return typeof found === 'string' ? found.replace(/ v?\d[\d.]*$/, '') : found;
}

/** The major version in `Chrome 131.0`, or in `131.0` alone. */
export function majorVersion(found: unknown): unknown {
  return typeof found === 'string' ? /(?:^|[ v])(\d+)[\d.]*$/.exec(found)?.[1] : undefined;
}

/** Other names for families. */
export const named =
  (names: Readonly<Record<string, string>>) =>
  (found: unknown): unknown =>
    withoutVersion((typeof found === 'string' ? names[found] : undefined) ?? found);

/** The code of ISO 3166-2 where the code of a region is known (`US-TX`), else its name. */
export function isoRegion(name: unknown, code: unknown, country: unknown): unknown {
  if (typeof code !== 'string' || code === '' || typeof country !== 'string') return name;
  return `${country.toUpperCase()}-${code}`;
}

/** What is about a campaign; else a name of the referrer, where that is a campaign. */
export function ofCampaign(own: unknown, referrerType: unknown, name: unknown): unknown {
  const isGiven = own !== undefined && own !== null && own !== '';
  return !isGiven && referrerType === 'campaign' ? name : own;
}

/** `/launch` of `dub.sh/launch`. */
export function pathOfLink(link: unknown): string | undefined {
  if (typeof link !== 'string') return undefined;
  const slash = link.indexOf('/');
  return slash === -1 ? '/' : link.slice(slash);
}
