/** A click that was validated, with what it tells about the visitor; absent means not told. */
export type Click = {
  readonly shortCode: string;
  /** Unix time in milliseconds. */
  readonly clickedAt: number;
  /** In canonical form. */
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly referrer?: string | undefined;
  /** How long the redirect took, in milliseconds. */
  readonly redirectMs?: number | undefined;
  readonly country?: string | undefined;
  readonly city?: string | undefined;
  readonly browser?: string | undefined;
  readonly os?: string | undefined;
  readonly clickId?: string | undefined;
};

/** A click as it is stored: one row of the table `clicks`, without the visitor's address and user agent. */
export type ClickRow = {
  readonly short_code: string;
  /** Unix time in milliseconds. */
  readonly clicked_at: number;
  /** Unsigned, 64 bits. */
  readonly visitor: bigint;
  readonly browser: string;
  readonly os: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly city: string;
  readonly referrer: string;
  readonly is_bot: boolean;
  readonly redirect_ms: number | null;
  /** Empty when the click has none. */
  readonly click_id: string;
};
