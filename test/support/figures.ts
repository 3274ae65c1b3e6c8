/** Shows what a test measured, for people who want the figures and not only that they are within their bounds. */
export function showFigures(figures: Readonly<Record<string, string | number>>): void {
  const parts = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Math.round(value) : value}`,
  );
  process.stderr.write(`  ${parts.join(', ')}\n`);
}
