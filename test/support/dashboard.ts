import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from './browser.ts';

/** Types a key into the first field there is and sends it off. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.locator('input').first().fill(key);
  await page.keyboard.press('Enter');
}

/** Waits until a total reads so. */
export async function expectFigure(page: Page, label: string, value: string): Promise<void> {
  await eventually(async () => expect([label, await figureOf(page, label)]).toEqual([label, value]));
}

export async function figureOf(page: Page, label: string): Promise<string> {
  const shown = page.locator('dl.figures > div').filter({ has: page.locator(`dt:text-is("${label}")`) });
  return (await shown.locator('.value').allTextContents()).join();
}

/** Of the browser's own types the tests know nothing. */
interface Cell {
  readonly textContent: string | null;
}

/** The rows of a list as they read, cell by cell. */
export async function rowsOf(page: Page, heading: string): Promise<readonly (readonly string[])[]> {
  const rows = page.getByRole('region', { name: heading }).locator('tbody tr');
  return rows.evaluateAll((found) =>
    found.map((row) => Array.from<Cell, string>(row.children, ({ textContent }) => textContent ?? '')),
  );
}

/** The chart's table, opened if it is not. */
export async function timeRowsOf(page: Page): Promise<readonly (readonly string[])[]> {
  const panel = page.getByRole('region', { name: 'Over time' });
  if ((await panel.locator('details[open]').count()) === 0) await panel.getByText('Show as table').click();
  // Its rows come once it is open.
  await panel.locator('tbody tr').first().waitFor();
  return rowsOf(page, 'Over time');
}

/** Time, clicks and visitors of the chart's table. */
export async function slotsOf(page: Page): Promise<readonly (readonly string[])[]> {
  return (await timeRowsOf(page)).map((cells) => cells.slice(0, 3));
}

/** The row's button of a list. */
export function rowButton(page: Page, heading: string, name: string) {
  return page.getByRole('region', { name: heading }).getByRole('button', { name, exact: true });
}
