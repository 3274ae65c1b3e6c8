/** The ways by which people come to a link. */
export const CHANNELS = [
  'Direct',
  'Paid',
  'Search',
  'Social',
  'AI',
  'Email',
  'Video',
  'News',
  'Internal',
  'Other',
] as const;

export type Channel = (typeof CHANNELS)[number];

/** Those that the host of a referrer can tell. */
export const HOST_CHANNELS = [
  'Paid',
  'Search',
  'Social',
  'AI',
  'Email',
  'Video',
  'News',
  'Other',
] as const satisfies readonly Channel[];

export type HostChannel = (typeof HOST_CHANNELS)[number];

/** What `utm_medium` can name a channel by, in lower case. Any text that begins with `paid` is Paid. */
const MEDIUMS: Readonly<Partial<Record<Channel, readonly string[]>>> = {
  Paid: [
    'paid',
    'cpc',
    'ppc',
    'cpm',
    'cpv',
    'cpa',
    'cpl',
    'cpp',
    'cpe',
    'sem',
    'display',
    'banner',
    'interstitial',
    'retargeting',
    'remarketing',
    'ad',
    'ads',
    'adwords',
    'native',
    'sponsored',
  ],
  Search: ['organic', 'search', 'organic_search', 'organic-search', 'seo'],
  Social: [
    'social',
    'social-network',
    'social_network',
    'social network',
    'social-media',
    'social_media',
    'social media',
    'sm',
    'organic_social',
    'organic-social',
  ],
  AI: ['ai', 'llm', 'chatbot', 'ai-assistant', 'ai_assistant'],
  Email: ['email', 'e-mail', 'e_mail', 'e mail', 'mail', 'newsletter'],
  Video: ['video', 'organic_video', 'organic-video'],
  News: ['news'],
  Internal: ['internal'],
};

/** The channel that a medium names, by the medium in lower case and without what follows `paid`. */
export const CHANNEL_OF_MEDIUM: ReadonlyMap<string, Channel> = new Map(
  CHANNELS.flatMap((channel) => (MEDIUMS[channel] ?? []).map((medium) => [medium, channel] as const)),
);

/** What a click's channel follows from. */
export interface ChannelFacts {
  /** Whether the link has a parameter by which an advertising network counts its clicks. */
  readonly isAd: boolean;
  /** Whether the link has a `utm_medium`, and the channel that it names. */
  readonly medium: Channel | 'unknown' | 'none';
  /** Whether the host of the referrer is that of the link. */
  readonly isInternal: boolean;
  /** The channel of the referrer's host. */
  readonly host: HostChannel | 'Direct';
}

interface Rule {
  /** The channel, where the rule decides. */
  readonly channel: (facts: ChannelFacts) => Channel | undefined;
}

/** The first that decides is right. */
const RULES: readonly Rule[] = [
  { channel: ({ isAd }) => (isAd ? 'Paid' : undefined) },
  { channel: ({ medium }) => (medium === 'none' || medium === 'unknown' ? undefined : medium) },
  { channel: ({ isInternal }) => (isInternal ? 'Internal' : undefined) },
  // A link of a campaign, such as one behind a QR code.
  { channel: ({ medium, host }) => (medium === 'unknown' && host === 'Direct' ? 'Other' : undefined) },
  { channel: ({ host }) => host },
];

/** The channel of a click. */
export function channelOf(facts: ChannelFacts): Channel {
  for (const { channel } of RULES) {
    const decided = channel(facts);
    if (decided !== undefined) return decided;
  }
  return 'Other';
}
