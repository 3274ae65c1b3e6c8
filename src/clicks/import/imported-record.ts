/** What a record of an imported file turns out to be. A record that is no click is a value with a reason. */
export type ImportedRecord =
  | { readonly kind: 'click'; readonly value: unknown }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string };
