import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Bucket } from '../../src/export-jobs/bucket.ts';
import { BucketTarget } from '../../src/export-jobs/bucket-target.ts';

type Respond = (response: ServerResponse) => void;
type Asked = 'begin' | 'part' | 'complete' | 'abort';

const says =
  (status: number, text = '', headers: Readonly<Record<string, string>> = {}): Respond =>
  (response) =>
    response.writeHead(status, headers).end(text);

const GOOD: Readonly<Record<Asked, Respond>> = {
  begin: says(200, '<R><UploadId>a&amp;b</UploadId></R>'),
  part: says(200, '', { etag: '"tag"' }),
  complete: says(200, '<CompleteMultipartUploadResult/>'),
  abort: says(204),
};

/** A store, and one that nobody has named. */
const server = createServer((request, response) => void receive(request, response));
const elsewhere = createServer((request, response) => {
  asked.push({ what: 'elsewhere', body: request.url ?? '' });
  response.end('<CompleteMultipartUploadResult/>');
});
let responds: Readonly<Record<Asked, Respond>>;
const asked: { readonly what: Asked | 'elsewhere'; readonly body: string }[] = [];
let bucket: Bucket;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
  bucket = new Bucket('warehouse', {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    bucket: 'exports',
    region: 'us-east-1',
    prefix: '',
    accessKeyId: 'id',
    secretAccessKey: 'secret',
  });
});
beforeEach(() => void asked.splice(0));
afterAll(() => {
  for (const one of [server, elsewhere]) {
    one.closeAllConnections();
    one.close();
  }
});

const portOf = (of: typeof server): number => (of.address() as AddressInfo).port;

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = request;
  const what =
    method === 'DELETE'
      ? 'abort'
      : method === 'PUT'
        ? 'part'
        : url.includes('uploads=')
          ? 'begin'
          : 'complete';
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  asked.push({ what, body: what === 'part' ? '' : Buffer.concat(pieces).toString() });
  responds[what](response);
}

/** Writes a file of two parts, and gives it up where that fails, as a job does. */
async function write(): Promise<void> {
  const target = new BucketTarget(
    bucket,
    { key: 'me/file.csv', fileName: 'file.csv', contentType: 'text/csv' },
    { signal: new AbortController().signal, onUpload: async () => {} },
  );
  try {
    await target.write(Buffer.alloc(8 * 1_048_576 + 1));
    await target.commit();
  } catch (error) {
    await target.discard();
    throw error;
  }
}

const redirect: Respond = (response) =>
  response.writeHead(307, { location: `http://127.0.0.1:${portOf(elsewhere)}/` }).end();

const MANY = 'x'.repeat(1_048_576);

test.each<[string, Partial<Record<Asked, Respond>>, string]>([
  ['begins with garbage', { begin: says(200, '\0<html>') }, 'did not begin the upload'],
  ['begins with a megabyte of it', { begin: says(200, MANY) }, 'did not begin the upload'],
  ['redirects', { begin: redirect }, 'refused the file (307)'],
  ['redirects a part', { part: redirect }, 'refused the file (307)'],
  ['gives a part no ETag', { part: says(200) }, 'did not confirm a part'],
  [
    'ends with 200 and an error',
    { complete: says(200, '<Error><Code>InternalError</Code></Error>') },
    'did not complete the upload',
  ],
  ['ends with nothing', { complete: says(200) }, 'did not complete the upload'],
  ['ends with a megabyte of garbage', { complete: says(200, MANY) }, 'did not complete the upload'],
  ['redirects the end', { complete: redirect }, 'refused the file (307)'],
])('a store that %s has no file: the upload is aborted', async (_, wrong, sentence) => {
  responds = { ...GOOD, ...wrong };
  await expect(write()).rejects.toThrow(sentence);
  const whats = asked.map(({ what }) => what);
  expect(whats).not.toContain('elsewhere');
  expect(whats.at(-1)).toBe('begin' in wrong ? 'begin' : 'abort');
});

test('what a store says goes back to it as text, whatever is in it', async () => {
  responds = { ...GOOD, part: says(200, '', { etag: '"<a>&"' }) };
  await write();
  const part = (number: number): string =>
    `<Part><PartNumber>${number}</PartNumber><ETag>"&lt;a&gt;&amp;"</ETag></Part>`;
  expect(asked.at(-1)).toEqual({
    what: 'complete',
    body: `<CompleteMultipartUpload>${part(1)}${part(2)}</CompleteMultipartUpload>`,
  });
});
