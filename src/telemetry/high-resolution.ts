/** Milliseconds as OpenTelemetry has times: seconds and nanoseconds. */
export function highResolution(ms: number): [seconds: number, nanoseconds: number] {
  const microseconds = Math.round(ms * 1_000);
  return [Math.floor(microseconds / 1_000_000), (microseconds % 1_000_000) * 1_000];
}
