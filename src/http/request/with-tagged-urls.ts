import { invalid } from '../../errors.ts';
import type { StatsQuery } from '../../stats/query.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { dimensionOfTags, givenTags } from '../../stats/sql/tag-source.ts';
import type { Services } from './services.ts';

/**
 * A query with the tagged URLs that it is about, where shards do not have them: they are sent along.
 * @throws AppError 400 for more than can be sent
 */
export async function withTaggedUrls<Query extends StatsQuery>(
  { sharding, urls }: Pick<Services, 'sharding' | 'urls'>,
  query: Query,
  tenant: Tenant,
): Promise<Query> {
  if (sharding === undefined) return query;
  const dimension = dimensionOfTags(query);
  if (dimension === undefined) return query;
  const pieces = await urls.tagPieces(tenant.kind === 'every-owner' ? undefined : tenant.ownerId);
  if (pieces === undefined) {
    throw invalid(
      dimension,
      'More URLs have tags than a request to several shards can be about: 1 MiB of codes and tags. Group by short_code, or remove tags.',
    );
  }
  return { ...query, taggedUrls: givenTags(pieces) };
}
