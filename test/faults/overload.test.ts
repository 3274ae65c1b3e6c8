import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { showFigures } from '../support/figures.ts';
import { runCommand } from '../support/commands.ts';
import { endProcesses, newFolder, startServer } from '../support/process.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

afterEach(endProcesses);

const CLIENTS = 200;
const EXPORTS = 20;
const CLICKS = 200_000;
const MOST_MB = 512;
const HEADERS = { authorization: `Bearer ${ADMIN_KEY}` };

test('200 clients with the heaviest question and 20 slow exports: right answers or clean refusals, and /health answers', async () => {
  const settings = { SPOOR_DATA_DIR: newFolder(), SPOOR_ADMIN_KEY: ADMIN_KEY, SPOOR_RATE_LIMITS: 'off' };
  const { server, url } = await startServer(settings);
  const seeded = await runCommand(['seed', '--clicks', String(CLICKS), '--end', '2025-06-01'], settings);
  expect(seeded.code).toBe(0);
  const expected = await ask(url, 0);
  expect([expected.status, expected.answer.summary.total_clicks]).toEqual([200, CLICKS]);

  const health = await probeHealth(url);
  const loads = await Promise.all([
    Promise.all(Array.from({ length: CLIENTS }, (_, client) => ask(url, client))),
    Promise.all(Array.from({ length: EXPORTS }, () => exportSlowly(url))),
  ]);
  const latencies = await health.stop();

  const [answers, exports] = loads;
  for (const { status, answer } of answers) {
    if (status === 200) expect(answer).toEqual(expected.answer);
    else
      expect([status, answer.code]).toEqual([
        status === 504 ? 504 : 503,
        expect.stringMatching(/^(unavailable|query_timeout)$/),
      ]);
  }
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  expect(new Set(exports)).toEqual(new Set([200, 503]));

  expect(latencies.length).toBeGreaterThan(CLIENTS / 10);
  const p99 = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)];
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;
  showFigures({
    answered: answers.filter(({ status }) => status === 200).length,
    refused: answers.filter(({ status }) => status !== 200).length,
    'exports begun': exports.filter((status) => status === 200).length,
    '/health p99 ms': p99 ?? Number.NaN,
    'peak memory MB': peak,
  });
  expect(peak).toBeLessThan(MOST_MB);
  // And afterwards all is as before.
  expect(await ask(url, 1)).toEqual(expected);
}, 180_000);

/** The same question each time, but for an end that no click comes near, so that each client's is its own. */
async function ask(url: string, client: number) {
  const query = new URLSearchParams({
    owner_id: '*',
    start_date: '2025-02-01',
    end_date: `2025-06-02T00:00:00.${String(client).padStart(3, '0')}Z`,
    group_by: 'time,browser,os,country,city,referrer,short_code',
    interval: 'hour',
    breakdown: 'true',
  });
  const response = await fetch(`${url}/api/v1/stats?${query.toString()}`, { headers: HEADERS });
  const answer = JSON.parse(await response.text());
  delete answer.generated_at;
  delete answer.time_range;
  return { status: response.status, answer };
}

/** Reads some of an export at a slow pace and leaves; answers its status. */
async function exportSlowly(url: string): Promise<number> {
  const query =
    'owner_id=*&format=xml&start_date=2025-02-01&group_by=time,city,referrer,short_code&breakdown=true';
  const request = get(`${url}/api/v1/export?${query}`, { headers: HEADERS, agent: false });
  const [response] = await once(request, 'response');
  let taken = 0;
  for await (const piece of response) {
    taken += piece.length;
    if (taken > 1_000_000) break;
    await delay(piece.length / 256);
  }
  return response.statusCode;
}

/** Asks for /health all the time, in a process of its own that nothing else keeps busy. */
async function probeHealth(url: string): Promise<{ readonly stop: () => Promise<readonly number[]> }> {
  const script = `
    const latencies = [];
    process.stdin.resume().once('end', () => { console.log(JSON.stringify(latencies)); process.exit(); });
    console.log('ready');
    for (;;) {
      const started = performance.now();
      const response = await fetch('${url}/health');
      if (response.status !== 200) throw new Error('Answered ' + response.status);
      await response.arrayBuffer();
      latencies.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child.stdout, 'data');
  return {
    stop: async () => {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(output.slice(output.indexOf('\n')));
    },
  };
}
