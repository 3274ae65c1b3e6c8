import { z } from 'zod';

/** A bucket of an S3-compatible store that exports can be sent to, as the operator has named it. */
export interface Destination {
  /** Scheme, host and port. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  /** Of the keys of all files, without slashes around it; may be empty. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type Destinations = ReadonlyMap<string, Destination>;

const destination = z
  .strictObject({
    endpoint: z.string().regex(/^https?:\/\/[^/?#@\s]+\/?$/),
    bucket: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/),
    region: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/)
      .default('us-east-1'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9._/-]{0,200}$/)
      .refine((text) => !text.split('/').some((part) => part === '.' || part === '..'))
      .default(''),
    access_key_id: z.string().min(1),
    secret_access_key: z.string().min(1),
  })
  .transform(({ endpoint, prefix, access_key_id, secret_access_key, ...rest }): Destination => ({
    ...rest,
    endpoint: endpoint.replace(/\/$/, ''),
    prefix: prefix.replace(/^\/+|\/+$/g, ''),
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
  }));

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The setting that names destinations: a JSON object of them by name. Its errors contain none of its values, since some are secret.
 */
export const destinationsSetting = z.string().transform((text, context): Destinations => {
  const fail = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const json = jsonOf(text);
  const named = z.record(z.string(), z.unknown()).safeParse(json);
  if (!named.success) return fail('must be a JSON object of destinations by their names');
  const all = new Map<string, Destination>();
  for (const [name, value] of Object.entries(named.data)) {
    if (!NAME.test(name)) return fail('must name destinations by 1 to 64 letters, digits, - and _');
    const parsed = destination.safeParse(value);
    if (!parsed.success) return fail(`names ${name} wrongly: ${faultOf(parsed.error)}`);
    all.set(name, parsed.data);
  }
  return all;
});

/** Where files of an owner lie in a destination. No owner's is within another's. */
export function ownerPrefix({ prefix }: Destination, ownerId: string): string {
  return `${prefix === '' ? '' : `${prefix}/`}${escaped(ownerId)}/`;
}

/** Letters, digits and `-` as they are, the other bytes of the UTF-8 as `_` and two digits: differs where the text does. */
function escaped(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9-]/.test(character)
        ? character
        : `_${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function faultOf({ issues: [issue] }: z.ZodError): string {
  if (issue?.code === 'unrecognized_keys') return `${issue.keys.join(', ')} is not a field of destinations`;
  return `${String(issue?.path[0] ?? 'it')} is missing or not what it can be`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
