import type { LogFormat } from './import-format.ts';
import { textLog } from './text-log.ts';

const COMBINED_FIELDS = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"';

/** Logs of text, as the servers' own documentation has their formats; those that say more come first. */
export const TEXT_LOGS = {
  combined: textLog(COMBINED_FIELDS, {
    description:
      'combined log of nginx, Apache and others, with or without more fields behind it (nginx in Docker, ingress-nginx, Traefik)',
    endings: ['.log'],
    hasTrailing: true,
  }),
  vhost_combined: textLog(`%v:%p ${COMBINED_FIELDS}`, {
    description: 'the same with host and port in front (Apache’s virtual hosts)',
    hasTrailing: true,
  }),
  common: textLog('%h %l %u %t "%r" %>s %b', {
    description: 'common log, without referrer and user agent',
  }),
  'nginx-proxy-manager': textLog(
    '[$time_local] $upstream_cache_status $upstream_status $status - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio] [Sent-to $server] "$http_user_agent" "$http_referer"',
    { description: 'nginx Proxy Manager' },
  ),
  haproxy: textLog(
    '$remote_addr [$time_local] $frontend $backend $timers $status $bytes_read $request_cookie $response_cookie $termination_state $connections $any_text "$request"',
    { description: 'HAProxy’s HTTP log (option httplog); times are in UTC' },
  ),
  alb: textLog(
    '$type $time_iso8601 $elb $remote_addr $target_address $request_processing_time $target_processing_time $response_processing_time $status $target_status $received_bytes $sent_bytes "$request" "$http_user_agent"',
    { description: 'AWS Application Load Balancer', hasTrailing: true },
  ),
  elb: textLog(
    '$time_iso8601 $elb $remote_addr $backend_address $request_processing_time $backend_processing_time $response_processing_time $status $backend_status $received_bytes $sent_bytes "$request" "$http_user_agent"',
    { description: 'AWS Classic Load Balancer', hasTrailing: true },
  ),
  s3: textLog(
    '$bucket_owner $bucket [$time_local] $remote_addr $requester $request_id $operation $key "$request" $status $error_code $bytes_sent $object_size $total_time $turn_around_time "$http_referer" "$http_user_agent"',
    { description: 'server access log of Amazon S3', hasTrailing: true },
  ),
} as const satisfies Readonly<Record<string, LogFormat>>;
