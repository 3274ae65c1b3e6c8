import { z } from 'zod';
import { unavailable } from '../../errors.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { everybody } from '../route/access.ts';
import { noBody } from '../route/body.ts';
import { anyParameters } from '../route/declared-parameters.ts';
import { json, text } from '../route/responses.ts';
import { route } from '../route/route.ts';

const COMMON = {
  method: 'get',
  tag: 'Service',
  access: everybody,
  rateLimit: 'none',
  parameters: anyParameters,
  body: noBody,
  errors: [],
} as const;

const getHealth = route({
  ...COMMON,
  path: '/health',
  operationId: 'getHealth',
  summary: 'Is the process alive?',
  description: 'Responds for as long as the process runs, whether ClickHouse is reachable or not.',
  responses: {
    200: json({
      schema: namedSchema(
        'Health',
        z.strictObject({ status: z.literal('ok') }).describe('The process is alive.'),
      ),
      description: 'The process is alive.',
      examples: { ok: { value: { status: 'ok' } } },
    }),
  },
  samples: [{ label: 'Is it alive?', path: '/health', withoutKey: true }],
  handler: () => () => ({ status: 200, body: { status: 'ok' as const } }),
});

const getReady = route({
  ...COMMON,
  path: '/ready',
  operationId: 'getReady',
  summary: 'Is ClickHouse reachable?',
  description: '200 while ClickHouse is reachable, else 503.',
  responses: {
    200: json({
      schema: namedSchema(
        'Ready',
        z.strictObject({ status: z.literal('ready') }).describe('ClickHouse is reachable.'),
      ),
      description: 'ClickHouse is reachable.',
      examples: { ready: { value: { status: 'ready' } } },
    }),
  },
  samples: [{ label: 'Is it ready?', path: '/ready', withoutKey: true }],
  handler:
    ({ database }) =>
    async () => {
      if (!(await database.ping())) throw unavailable('ClickHouse does not respond.');
      return { status: 200, body: { status: 'ready' as const } };
    },
});

const getMetrics = route({
  ...COMMON,
  path: '/metrics',
  operationId: 'getMetrics',
  summary: 'Metrics for Prometheus',
  description: 'Requests, queries, clicks and the Node process, in the text format of Prometheus.',
  responses: {
    200: text('text/plain', {
      description: 'The metrics.',
      example: 'spoor_clicks_total{outcome="accepted"} 200000',
    }),
  },
  samples: [{ label: 'All metrics', path: '/metrics', withoutKey: true }],
  handler:
    ({ metrics }) =>
    async () => ({
      status: 200,
      headers: { 'Content-Type': metrics.registry.contentType },
      body: await metrics.registry.metrics(),
    }),
});

export const HEALTH_ROUTES = [getHealth, getReady, getMetrics] as const;
