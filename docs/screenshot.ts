import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';
import { openBrowser } from '../test/support/browser.ts';
import { SpoorProcess, waitUntil } from '../test/support/process.ts';

/** Takes the README's picture of the dashboard, from the demo's clicks. It needs a build and Debian's Chromium. */
async function takePicture(path: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'spoor-picture-'));
  const demo = new SpoorProcess(['demo'], { SPOOR_DATA_DIR: folder, LOG_LEVEL: 'info' });
  try {
    const url = await demo.listening();
    const key = await waitUntil('the key', () => /: (spoo_\S+)/.exec(demo.stdout)?.[1]);
    const chrome = await openBrowser();
    const page = await chrome.open(`${url}/?period=30d`, { key, viewport: { width: 1200, height: 1456 } });
    await page.locator('.map path.shade-5').waitFor();
    await page.screenshot({ path });
    await chrome.close();
  } finally {
    demo.signal('SIGTERM');
    await demo.ended;
    rmSync(folder, { recursive: true });
  }
}

await takePicture(join(PACKAGE_ROOT, 'docs/dashboard.png'));
