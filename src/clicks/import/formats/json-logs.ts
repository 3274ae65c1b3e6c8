import type { LogFormat } from './import-format.ts';
import { jsonLog } from './json-log.ts';

/** Logs of JSON objects, by the names that each server gives the parts of a request. */
export const JSON_LOGS = {
  caddy: jsonLog(
    {
      method: ['request.method'],
      target: ['request.uri'],
      status: ['status'],
      time: ['ts'],
      ip: ['request.client_ip', 'request.remote_ip', 'request.remote_addr'],
      forwarded: ['request.headers.X-Forwarded-For'],
      referrer: ['request.headers.Referer'],
      userAgent: ['request.headers.User-Agent'],
      acceptLanguage: ['request.headers.Accept-Language'],
      host: ['request.host'],
    },
    "Caddy's JSON log",
  ),
  traefik: jsonLog(
    {
      method: ['RequestMethod'],
      target: ['RequestPath'],
      status: ['DownstreamStatus', 'OriginStatus'],
      time: ['StartUTC', 'time'],
      ip: ['ClientHost'],
      forwarded: ['request_X-Forwarded-For'],
      referrer: ['request_Referer'],
      userAgent: ['request_User-Agent'],
      acceptLanguage: ['request_Accept-Language'],
      host: ['RequestHost'],
    },
    "Traefik's JSON log; it has referrer and user agent where those headers are kept",
  ),
  cloudflare: jsonLog(
    {
      method: ['ClientRequestMethod'],
      target: ['ClientRequestURI', 'ClientRequestPath'],
      status: ['EdgeResponseStatus'],
      time: ['EdgeStartTimestamp'],
      ip: ['ClientIP'],
      forwarded: [],
      referrer: ['ClientRequestReferer'],
      userAgent: ['ClientRequestUserAgent'],
      acceptLanguage: ['RequestHeaders.accept-language'],
      host: ['ClientRequestHost'],
    },
    'HTTP requests of Cloudflare Logpush',
  ),
  'nginx-json': jsonLog(
    {
      request: ['request'],
      method: ['request_method', 'method'],
      target: ['request_uri', 'uri'],
      query: ['args', 'query_string'],
      status: ['status'],
      time: ['time_iso8601', 'msec', 'time_local', 'time', 'timestamp', '@timestamp'],
      ip: ['remote_addr', 'remote_ip', 'client_ip'],
      forwarded: ['http_x_forwarded_for', 'x_forwarded_for'],
      referrer: ['http_referer', 'http_referrer', 'referer', 'referrer'],
      userAgent: ['http_user_agent', 'user_agent'],
      acceptLanguage: ['http_accept_language', 'accept_language'],
      host: ['http_host', 'host', 'server_name'],
    },
    "nginx's log with escape=json, its keys named like nginx's variables",
  ),
} as const satisfies Readonly<Record<string, LogFormat>>;
