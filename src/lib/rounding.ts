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
