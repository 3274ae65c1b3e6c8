import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  chromium,
} from 'playwright-core';

/** A browser, and every complaint that its pages have made. */
export interface TestBrowser {
  readonly browser: Browser;
  /** Errors and warnings of consoles, exceptions nobody caught; taken away by the one who reads them. */
  readonly complaints: () => readonly string[];
  /** A page in a session of its own, signed in already where there is a key. */
  readonly open: (url: string, options?: OpenOptions) => Promise<Page>;
  /** Closes the pages, but for those that are kept. */
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface OpenOptions extends BrowserContextOptions {
  readonly key?: string;
  /** Whether the page outlives `clear`: to open one takes more than to go on in it. */
  readonly isKept?: boolean;
}

/** Starts Debian's Chromium. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  let complaints: string[] = [];
  const kept = new Set<BrowserContext>();
  return {
    browser,
    complaints: () => {
      const made = complaints;
      complaints = [];
      return made;
    },
    open: async (url, { key, isKept = false, ...options } = {}) => {
      const context = await browser.newContext({ timezoneId: 'UTC', locale: 'en-US', ...options });
      if (key !== undefined) {
        await context.addInitScript(`sessionStorage.setItem('spoor-key', '${key}')`);
      }
      if (isKept) kept.add(context);
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      await page.goto(url);
      return page;
    },
    clear: async () => {
      for (const context of browser.contexts()) if (!kept.has(context)) await context.close();
    },
    close: () => browser.close(),
  };
}

const PATIENCE_MS = 15_000;

/** Tries until the assertion holds; its own error after 15 s. */
export async function eventually(assertion: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}

/** What axe finds wrong with a page that keeps somebody out: its rules, and where. */
export async function accessFaults(page: Page): Promise<readonly string[]> {
  if (await page.evaluate<boolean>('globalThis.axe === undefined')) {
    const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(source);
  }
  const faults: readonly { impact: string; id: string; nodes: readonly { html: string }[] }[] =
    await page.evaluate('axe.run().then(({ violations }) => violations)');
  return faults
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
