import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { showFigures } from '../support/figures.ts';
import { endProcesses, startServer, waitUntil } from '../support/process.ts';
import { smallDisk, unmountDisk } from '../support/small-disk.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

const MIB = 1_048_576;

afterEach(async () => {
  unmountDisk();
  await endProcesses();
});

test('a full disk: clicks are refused with 503, none that was acknowledged is lost, and with room all goes on', async () => {
  const folder = smallDisk(256 * MIB);
  const settings = {
    SPOOR_DATA_DIR: join(folder, 'data'),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_RATE_LIMITS: 'off',
  };
  const { url } = await startServer(settings);
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  let sent = 0;
  let acknowledged = 0;
  /** Sends a request of its own, large enough to be seen on the disk; answers its status. */
  const send = async (): Promise<number> => {
    const request = sent++;
    const clicks = Array.from({ length: 5_000 }, (_, index) => ({
      short_code: 'full',
      city: `City ${request}`,
      ip: `2001:db8::${request}:${index.toString(16)}`,
      click_id: `${Math.sin(request * 5_000 + index)}`,
    }));
    const response = await fetch(`${url}/api/v1/clicks`, {
      method: 'POST',
      headers,
      body: JSON.stringify(clicks),
    });
    const answer = JSON.parse(await response.text());
    if (response.status === 200) acknowledged += answer.accepted;
    else
      expect([answer.code, response.headers.get('retry-after')]).toEqual(['unavailable', expect.anything()]);
    return response.status;
  };
  const counted = async (): Promise<number> => {
    const response = await fetch(`${url}/api/v1/stats?owner_id=*&group_by=city&metrics=clicks`, { headers });
    const { summary, metrics } = JSON.parse(await response.text());
    const sum = metrics.clicks_by_city.reduce(
      (total: number, { clicks }: { clicks: number }) => total + clicks,
      0,
    );
    expect(sum).toBe(summary.total_clicks);
    return sum;
  };

  for (let request = 0; request < 5; request++) expect(await send()).toBe(200);
  expect(await counted()).toBe(acknowledged);

  const ballast = join(folder, 'ballast');
  const free = (): number => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  writeFileSync(ballast, Buffer.alloc(free()));
  let refused = 0;
  await waitUntil('a refusal', async () => {
    const status = await send();
    expect([200, 503]).toContain(status);
    if (status === 503) refused++;
    return refused >= 3;
  });
  expect((await fetch(`${url}/health`)).status).toBe(200);

  rmSync(ballast);
  await waitUntil('clicks to be taken again', async () => (await send()) === 200);
  // A refused request may be kept in part, so at least what was acknowledged is there.
  const stored = await counted();
  showFigures({ 'acknowledged clicks': acknowledged, stored, 'refused requests': refused });
  expect(stored).toBeGreaterThanOrEqual(acknowledged);
  expect(stored).toBeLessThanOrEqual(sent * 5_000);
}, 120_000);
