let listed: readonly string[] | undefined;

/** The time zones to choose from, including the chosen one. */
export function knownZones(chosen: string): readonly string[] {
  listed ??= [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];
  return listed.includes(chosen) ? listed : [chosen, ...listed];
}
