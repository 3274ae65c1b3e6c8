import type { Click } from '../clicks/click-schema.ts';

/** What a field is sent as. */
type SentAs<Name extends keyof Click> = Name extends 'clicked_at'
  ? string | number | Date
  : Name extends 'properties'
    ? Readonly<Record<string, string | number | boolean>>
    : NonNullable<Click[Name]>;

/** A click as the service takes it. Only `short_code` is needed; what is null or undefined is not given. */
export type TrackedClick = { readonly short_code: string } & {
  readonly [Name in Exclude<keyof Click, 'short_code'>]?: SentAs<Name> | null | undefined;
};
