/** What the names of clicks' own properties begin with, in requests and in the header lines of files: `property.plan`. */
export const PROPERTY_PREFIX = 'property.';
