import { expect, test } from '@jest/globals';
import { CHANNEL_OF_HOST } from '../../src/lib/channel-hosts.ts';
import { CHANNELS, CHANNEL_OF_MEDIUM, type ChannelFacts, channelOf } from '../../src/lib/channels.ts';

const PLAIN: ChannelFacts = { isAd: false, medium: 'none', isInternal: false, host: 'Direct' };

test.each<[Partial<ChannelFacts>, string]>([
  [{}, 'Direct'],
  [{ host: 'News' }, 'News'],
  [{ host: 'Other' }, 'Other'],
  [{ isInternal: true, host: 'Search' }, 'Internal'],
  [{ isAd: true, medium: 'Email', isInternal: true, host: 'Social' }, 'Paid'],
  [{ medium: 'Email', isInternal: true, host: 'Social' }, 'Email'],
  [{ medium: 'unknown', host: 'Social' }, 'Social'],
  [{ medium: 'unknown' }, 'Other'],
])('%j: %s', (facts, channel) => {
  expect(channelOf({ ...PLAIN, ...facts })).toBe(channel);
});

test('the lists are in the form in which hosts and mediums are looked up', () => {
  for (const host of CHANNEL_OF_HOST.keys()) {
    expect(host).toMatch(/^(?!www\.|m\.)[a-z\d]+(?:[.-]+[a-z\d]+)*\.[a-z]+$/);
    expect(host).not.toMatch(/(?:^|\.)(?:google|yahoo|yandex|bing)\.(?!com$)(?:com?\.)?[a-z]{2,3}$/);
  }
  for (const [medium, channel] of CHANNEL_OF_MEDIUM) {
    expect(medium).toBe(medium.toLowerCase());
    expect(medium).not.toMatch(/^paid.|,/);
    expect(CHANNELS).toContain(channel);
  }
});
