/** A short code somebody owns. Only its owner sees its clicks, unless `privateStats` is false. */
export interface ShortUrl {
  readonly shortCode: string;
  readonly ownerId: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly privateStats: boolean;
  readonly longUrl: string | null;
  /** What its owner calls it; each once. */
  readonly tags: readonly string[];
}

/** A URL that comes with clicks. */
export interface NewUrl extends ShortUrl {
  /** The import that these clicks are of. */
  readonly importId?: bigint | undefined;
}

/** What a PUT may say; what it leaves out stays, or takes its default. */
export type UrlChange = {
  readonly [Field in 'ownerId' | 'createdAt' | 'privateStats' | 'longUrl' | 'tags']?:
    ShortUrl[Field] | undefined;
};
