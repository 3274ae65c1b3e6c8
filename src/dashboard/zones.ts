let listed: readonly string[] | undefined;

/** The time zones to choose from, and the one that is chosen. */
export function knownZones(chosen: string): readonly string[] {
  listed ??= [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];
  return listed.includes(chosen) ? listed : [chosen, ...listed];
}
