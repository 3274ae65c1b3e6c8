/** Whom a share counts against: the owner of a verified key, or the network of a client without one. */
export interface Holder {
  readonly kind: 'owner' | 'anonymous';
  /** The owner's id, an IPv4 address, or the /64 of an IPv6 address. */
  readonly name: string;
}

/** A text that is equal for the same holder alone. */
export function holderKey({ kind, name }: Holder): string {
  return `${kind} ${name}`;
}
