interface SharedClickHouse {
  stop?: () => Promise<void>;
  folder?: string;
}

const holder: typeof globalThis & { spoorTestClickHouse?: SharedClickHouse } = globalThis;

/** What the run's start hands to its end: Jest loads the two files apart, so a module's variable would be two. */
export const shared: SharedClickHouse = (holder.spoorTestClickHouse ??= {});
