import { BODY_DEADLINE_MS } from '../body/body-progress.ts';
import { BAD_AT_MOST, BODY_LIMIT, type CONTENT_TYPES, REJECTIONS_SHOWN } from '../api/clicks.ts';
import { errorAnswer } from './error-codes.ts';
import type { MediaType, RouteDescription } from './model.ts';
import { ref } from './schemas.ts';

const CLICKS = [
  {
    short_code: 'launch',
    ip: '203.0.113.7',
    user_agent: 'Mozilla/5.0 …',
    referrer: 'https://news.ycombinator.com/',
  },
  { short_code: 'launch', clicked_at: '2026-01-31T10:00:00Z', country: 'Türkiye', redirect_ms: 12.5 },
] as const;

const NDJSON = CLICKS.map((click) => JSON.stringify(click)).join('\n');

const CONTENTS: Readonly<Record<keyof typeof CONTENT_TYPES, MediaType>> = {
  'application/json': {
    schema: { oneOf: [ref('Click'), { type: 'array', items: ref('Click') }] },
    examples: {
      one: { summary: 'One click', value: CLICKS[0] },
      several: { summary: 'Several', value: CLICKS },
    },
  },
  'application/x-ndjson': {
    schema: { type: 'string', description: 'A `Click` as JSON on each line; blank lines are passed over.' },
    examples: { lines: { value: NDJSON } },
  },
};

const REJECTED = { index: 1, field: 'clicked_at', error: 'lies before the year 2000' };

/** The routes that take clicks in, and out again. */
export function clickRoutes(): readonly RouteDescription[] {
  return [
    {
      method: 'post',
      path: '/api/v1/clicks',
      operationId: 'sendClicks',
      tag: 'Clicks',
      summary: 'Send clicks',
      description: `One click, or many, as JSON or NDJSON, up to ${BODY_LIMIT / 1_048_576} MiB. The answer comes when ClickHouse has them, and they are in the very next question's answer.

Only \`short_code\` is required. A code that nobody owns yet becomes a URL of the key's owner, with private statistics. A bad click is named in \`rejected\`, the first ${REJECTIONS_SHOWN.toLocaleString('en-US')} of them, and does not stop the others. Where the first ${BAD_AT_MOST.toLocaleString('en-US')} are all bad, blank lines aside, the rest is not read, and the answer says so in \`stopped_at\`.

With an \`Idempotency-Key\` a request can be sent again until it is answered, and counts once, also over crashes.`,
      access: { kind: 'key', scopes: ['clicks:write'] },
      parameters: [
        {
          name: 'Idempotency-Key',
          in: 'header',
          description: "Your name for the request, remembered with the key's owner for at least 24 hours.",
          schema: { type: 'string', maxLength: 255 },
          example: 'batch-2026-01-31-17',
        },
        {
          name: 'Content-Encoding',
          in: 'header',
          description: 'Whether the body is packed.',
          schema: { type: 'string', enum: ['gzip', 'identity'], default: 'identity' },
        },
      ],
      requestBody: {
        description: `The clicks, up to ${BODY_LIMIT / 1_048_576} MiB unpacked, within ${BODY_DEADLINE_MS / 60_000} minutes.`,
        required: true,
        content: CONTENTS,
      },
      answers: {
        200: {
          description: 'What became of them. Of an empty body nothing does.',
          content: {
            'application/json': {
              schema: ref('ClicksAnswer'),
              examples: {
                taken: { summary: 'All taken', value: { accepted: 2, rejected: [] } },
                some: { summary: 'One is bad', value: { accepted: 1, rejected: [REJECTED] } },
              },
            },
          },
        },
        422: {
          description: 'Not one click was taken: every one that was read is wrong.',
          content: {
            'application/json': {
              schema: ref('AllRejected'),
              examples: {
                none: {
                  value: {
                    error: 'No click was taken: every one is wrong.',
                    code: 'validation_error',
                    accepted: 0,
                    rejected: [{ index: 0, field: 'short_code', error: 'is required' }],
                  },
                },
                stopped: {
                  summary: 'So many that the rest was not read',
                  value: {
                    error: `No click was taken: the first ${BAD_AT_MOST} are all wrong, and the others were not read.`,
                    code: 'validation_error',
                    accepted: 0,
                    rejected: [{ index: 0, field: 'click', error: 'must be a JSON object' }],
                    stopped_at: BAD_AT_MOST,
                  },
                },
              },
            },
          },
        },
      },
      errors: ['forbidden', 'idempotency_conflict', 'payload_too_large', 'unsupported_media_type'],
      samples: [
        {
          label: 'Two clicks, a line each',
          path: '/api/v1/clicks',
          body: { type: 'application/x-ndjson', text: NDJSON },
        },
        {
          label: 'A gzipped file, which can safely be sent again',
          path: '/api/v1/clicks',
          options: [
            "--header 'Content-Type: application/x-ndjson'",
            "--header 'Content-Encoding: gzip'",
            "--header 'Idempotency-Key: batch-17'",
            '--data-binary @clicks.ndjson.gz',
          ],
        },
      ],
    },
    {
      method: 'delete',
      path: '/api/v1/clicks',
      operationId: 'eraseClicks',
      tag: 'Clicks',
      summary: 'Erase clicks',
      description: `Erases the clicks that fit all selectors of the body, for good. At least one is needed, and an unknown one is refused, so that a misspelt one never erases more. The answer comes when no later answer contains them.

Clicks that arrive meanwhile may stay, and so do URLs.`,
      access: { kind: 'key', scopes: ['admin:all'] },
      requestBody: {
        description: 'Which clicks. A visitor is `ip` and `user_agent` together.',
        required: true,
        content: {
          'application/json': {
            schema: ref('Selectors'),
            examples: {
              url: { summary: 'Clicks of a URL', value: { short_code: 'launch', end_date: '2025-12-31' } },
              visitor: { summary: "A visitor's", value: { ip: '203.0.113.7', user_agent: 'Mozilla/5.0 …' } },
            },
          },
        },
      },
      answers: {
        200: {
          description: 'They are gone.',
          content: {
            'application/json': { schema: ref('Erased'), examples: { erased: { value: { erased: 12 } } } },
          },
        },
      },
      errors: ['forbidden', 'payload_too_large', 'unsupported_media_type'],
      samples: [
        {
          label: 'Clicks of a URL up to the end of a year',
          path: '/api/v1/clicks',
          body: { type: 'application/json', text: '{"short_code": "launch", "end_date": "2025-12-31"}' },
        },
      ],
    },
  ];
}

/** A value outside a closed set; every question has some. */
export const NOT_ONE_OF = errorAnswer(
  ['validation_error'],
  'A parameter is not one of the values it can have; `field` names it.',
);
