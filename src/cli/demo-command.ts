import type { Command } from 'commander';
import { z } from 'zod';
import { createClient, type Client } from './client.ts';
import { grouped, note, printLine } from './output.ts';
import { lastFullHour, seed } from './seed-command.ts';
import { announce, withServer } from './serve-command.ts';

const OWNER = 'demo';
const CLICKS = 200_000;
const URLS = 40;
const DAYS = 90;
const DAY_MS = 86_400_000;
const KEY_DAYS = 30;

export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('Start a server with sample clicks, and print commands to try.')
    .addHelpText('after', '\nExample:\n  PORT=9000 SPOOR_DATA_DIR=/tmp/demo spoor demo')
    .action(() =>
      withServer(async (running, log) => {
        const client = createClient(running.url, running.token);
        await addSampleClicks(client);
        const key = await createKey(client);
        announce(running, log);
        printLine(introduction(running.url, key));
      }),
    );
}

const summarySchema = z.object({ summary: z.object({ last_click: z.string().nullable() }) });

/** Adds sample clicks since the newest existing one; at the first start, for all 90 days. */
async function addSampleClicks(client: Client): Promise<void> {
  const now = Date.now();
  const stats = summarySchema.parse(
    await client.request('GET', '/api/v1/stats', {
      query: { owner_id: OWNER, start_date: '2000-01-01', group_by: 'browser', metrics: 'clicks' },
    }),
  );
  const end = lastFullHour(now);
  const last = stats.summary.last_click;
  const days = last === null ? DAYS : Math.min(DAYS, Math.floor((end - Date.parse(last)) / DAY_MS));
  if (days < 1) return;
  const clicks = Math.round((CLICKS * days) / DAYS);
  note(`Generating ${grouped(clicks)} sample clicks for the last ${days} days …`);
  await seed(client, { clicks, urls: URLS, owners: [OWNER], days, seed: Math.floor(end / DAY_MS), end });
}

const keySchema = z.object({ key: z.string() });

async function createKey(client: Client): Promise<string> {
  const created = await client.request('POST', '/api/v1/keys', {
    json: {
      owner_id: OWNER,
      name: 'demo',
      scopes: ['stats:read', 'urls:read', 'urls:write', 'clicks:write'],
      expires_at: new Date(Date.now() + KEY_DAYS * DAY_MS).toISOString(),
    },
  });
  return keySchema.parse(created).key;
}

function introduction(url: string, key: string): string {
  return `
Spoor is running at ${url}

API key of the owner "${OWNER}", valid for ${KEY_DAYS} days: ${key}

Try:

  curl -s -H 'Authorization: Bearer ${key}' '${url}/api/v1/stats?group_by=browser,country&breakdown=false&limit=5'

  curl -s '${url}/api/v1/stats?scope=anon&short_code=demo-launch&timezone=Asia/Kolkata'

  curl -s -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '{"short_code":"my-link","ip":"192.0.2.1","user_agent":"curl/8"}' '${url}/api/v1/clicks'

Ctrl-C stops it.
`;
}
