/** Says which of several instances runs the schedules. */
export interface Lease {
  /** Takes the lease, or keeps it for longer. @returns whether this instance has it */
  readonly hold: () => Promise<boolean>;
  /** Lets another instance take it. */
  readonly release: () => Promise<void>;
}

/** The lease of an instance that is alone, or that its operator has named. */
export const OWN_LEASE: Lease = { hold: async () => true, release: async () => {} };
