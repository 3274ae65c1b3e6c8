interface Ruling {
  readonly agents: RegExp;
  readonly is: { readonly browser?: string; readonly os?: string; readonly isBot?: boolean };
  readonly why: string;
}

/** Where the sources disagree, or agree on what is wrong: decided by reading the agents. The first that matches counts. */
export const RULINGS: readonly Ruling[] = [
  {
    agents: /TeomaBar|Yahoo-1\.0|Bank of New Zealand|Lycos(?:DE1|-Online)/,
    is: { isBot: false },
    why: 'toolbars and editions of Internet Explorer',
  },
  {
    agents: /^(?!.*AppleWebKit).*CFNetwork\//,
    is: { isBot: true },
    why: "Apple's library for requests, which shows no page",
  },
  { agents: /^Dalvik\//, is: { isBot: true }, why: "Android's library for requests, which shows no page" },
  {
    agents: /ms-office|Microsoft Outlook/,
    is: { isBot: true },
    why: 'Office, before it hands a link to the browser',
  },
  { agents: /pageburst/, is: { isBot: true }, why: 'a program that calls itself so' },
  {
    agents: /Instagram \d|MetaIAB|\b(?:Code|Trae)\/\d|Fluid\/0/,
    is: { isBot: false },
    why: "apps' own browsers; a list of programs has them for what they once fetched",
  },
  { agents: /BingSapphire|BingWeb/, is: { browser: 'Bing' }, why: 'the token of that app' },
  { agents: / Brave(?:\/|$)/, is: { browser: 'Brave' }, why: 'the token of that browser on iOS' },
  { agents: /\bBarcelona \d/, is: { browser: 'Threads' }, why: "that app's own name for itself" },
  { agents: /\bReddit\//, is: { browser: 'Reddit' }, why: 'the token of that app' },
  { agents: /\bZalo\b/, is: { browser: 'Zalo' }, why: 'the token of that app' },
  {
    agents: /Orca-Android|FBAN\/Messenger/,
    is: { browser: 'Facebook Messenger' },
    why: "that app's own tokens, not Facebook's",
  },
  {
    agents: /^Mozilla\/5\.0 \([^)]*rv:[^)]*\) Gecko\/?\d*$/,
    is: { browser: 'Mozilla' },
    why: 'the Mozilla suite, which has no name of its own',
  },
  { agents: /\(J2ME/, is: { os: 'Unknown' }, why: 'telephones whose system the agent does not name' },
];
