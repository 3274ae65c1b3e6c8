/** `part` of `whole` in percent with two decimals, halves up; 0 of nothing. */
export function percentage(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * 10_000) / whole) / 100;
}

/** `part` for each of `whole` with two decimals, halves up; worked out in whole numbers, so that 201 of 200 is 1.01. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * 100) / whole) / 100;
}

/** `value` with two decimals, halves up. */
export function twoDecimals(value: number): number {
  return Math.round(value * 100) / 100;
}

/** By how many percent a number with at most two decimals has changed, with two decimals, halves up; null from 0. */
export function percentChange(now: number, before: number): number | null {
  // In whole numbers, so that a half is one.
  const [hundredths, hundredthsBefore] = [Math.round(now * 100), Math.round(before * 100)];
  if (hundredthsBefore === 0) return null;
  // Without the sum, a loss that is rounded to nothing would be -0.
  return Math.round(((hundredths - hundredthsBefore) * 10_000) / hundredthsBefore) / 100 + 0;
}
