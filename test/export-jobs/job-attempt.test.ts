import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { destinationsSetting } from '../../src/export-jobs/destination.ts';
import { ExportTargets } from '../../src/export-jobs/export-targets.ts';
import { type AttemptParts, attemptJob } from '../../src/export-jobs/job-attempt.ts';
import { JobQueue } from '../../src/export-jobs/job-queue.ts';
import { newJob } from '../../src/export-jobs/new-job.ts';

test('an attempt ends with its signal, though its destination does not respond', async () => {
  const server = createServer(() => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const dead = {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: 'dead',
    access_key_id: 'id',
    secret_access_key: 'secret',
  };
  const targets = new ExportTargets(undefined, destinationsSetting.parse(JSON.stringify({ dead })));
  const order = { what: 'stats', format: 'csv', parameters: {}, filters: '{}', at: 0, scopes: [] } as const;
  const principal = { id: 'key', ownerId: 'ann', scopes: [], rateLimit: 'standard' } as const;
  const whole = { ...order, principal, destination: 'dead', fileName: null };
  const job = newJob({
    id: '1',
    ownerId: 'ann',
    order: whole,
    instance: 'here',
    createdAt: 0,
    expiresAt: 1,
  });
  const queue = new JobQueue({ maxRunning: 1, now: () => 0, run: async () => ({ isToBeRetried: false }) });
  const active = queue.add({ ...job, upload: { key: 'file', uploadId: 'left' } }, 0);
  const stop = new AbortController();
  try {
    // Nothing else is needed before the upload of the attempt before is aborted.
    const parts = { targets, now: () => 0, stored: { orderOf: async () => whole } };
    const attempt = attemptJob(active, stop.signal, parts as unknown as AttemptParts);
    await once(server, 'request');
    stop.abort();
    await attempt;
    expect(active.job).toMatchObject({ state: 'queued', attempts: 0, upload: { uploadId: 'left' } });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
