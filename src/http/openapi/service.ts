import type { RouteDescription } from './model.ts';
import { ref } from './schemas.ts';

/** The routes about the service itself. */
export function serviceRoutes(): readonly RouteDescription[] {
  const common = { method: 'get', tag: 'Service', access: { kind: 'public' }, errors: [] } as const;
  return [
    {
      ...common,
      path: '/health',
      operationId: 'getHealth',
      summary: 'Whether it is alive',
      description: 'Answers as long as the process does, whether ClickHouse does or not.',
      answers: {
        200: {
          description: 'The process is alive.',
          content: {
            'application/json': { schema: ref('Health'), examples: { ok: { value: { status: 'ok' } } } },
          },
        },
      },
      samples: [{ label: 'Is it alive?', path: '/health', withoutKey: true }],
    },
    {
      ...common,
      path: '/ready',
      operationId: 'getReady',
      summary: 'Whether it can answer',
      description: '200 while ClickHouse answers, else 503.',
      answers: {
        200: {
          description: 'ClickHouse answers.',
          content: {
            'application/json': { schema: ref('Ready'), examples: { ready: { value: { status: 'ready' } } } },
          },
        },
      },
      samples: [{ label: 'Can it answer?', path: '/ready', withoutKey: true }],
    },
    {
      ...common,
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Metrics for Prometheus',
      description:
        'Requests, queries, clicks and what Node tells of itself, in the text format of Prometheus.',
      answers: {
        200: {
          description: 'The metrics.',
          content: {
            'text/plain': {
              schema: { type: 'string' },
              examples: { clicks: { value: 'spoor_clicks_total{outcome="accepted"} 200000' } },
            },
          },
        },
      },
      samples: [{ label: 'All metrics', path: '/metrics', withoutKey: true }],
    },
  ];
}
