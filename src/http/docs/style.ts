/** The page's style sheet: a column of contents, text and examples where there is room, one below the other on a phone. */
export const STYLE = `:root {
  color-scheme: light dark;
  --text: #1b1f24; --quiet: #57606a; --ground: #ffffff; --panel: #f5f6f8; --line: #d8dce1; --link: #0a58b5;
  --get: #0b6b3a; --post: #0a58b5; --put: #8a5200; --delete: #b3261e;
  font: 16px/1.55 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e7eb; --quiet: #9aa4af; --ground: #14171a; --panel: #1d2126; --line: #343a41; --link: #7db4ff;
    --get: #6cd39a; --post: #7db4ff; --put: #f0b35c; --delete: #ff8f86;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; }
body { margin: 0; color: var(--text); background: var(--ground); overflow-wrap: break-word; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible, p a, .type a { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; z-index: 2; background: var(--ground); padding: .25rem .5rem; }
header { position: sticky; top: 0; z-index: 1; display: flex; gap: .75rem; align-items: baseline; padding: .6rem 1.25rem;
  background: var(--ground); border-bottom: 1px solid var(--line); }
header .home { font-weight: 650; color: var(--text); }
header .version { color: var(--quiet); }
header .raw { margin-left: auto; }
nav { padding: .75rem 1.25rem; border-bottom: 1px solid var(--line); font-size: .92rem; }
nav summary { cursor: pointer; font-weight: 600; }
nav ul { list-style: none; margin: .35rem 0; padding: 0; }
nav ul ul { padding-left: .75rem; }
nav details > ul { max-height: 15rem; overflow-y: auto; }
nav a { display: block; padding: .2rem 0; }
nav ul ul a { color: var(--text); }
main { padding: 0 1.25rem 4rem; min-width: 0; }
h1 { font-size: 1.9rem; margin: 1.5rem 0 .5rem; }
h2 { font-size: 1.5rem; margin: 3rem 0 .25rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.2rem; margin: 0 0 .25rem; }
h3 a { color: inherit; }
h4 { font-size: .85rem; margin: 1.5rem 0 .25rem; color: var(--quiet); text-transform: uppercase; letter-spacing: .05em; }
p, ul { margin: .5rem 0; max-width: 46rem; }
article { margin-top: 2.25rem; padding-bottom: 1.5rem; border-bottom: 1px solid var(--line); }
.text, .examples { min-width: 0; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
p code, dt code, li code { background: var(--panel); border-radius: 4px; padding: .1em .3em; }
.route code { background: none; padding: 0; font-size: 1em; }
pre { margin: 0; padding: .75rem 1rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--panel); border-radius: 0 0 6px 6px; max-height: 28rem; }
figure { margin: 1rem 0; border: 1px solid var(--line); border-radius: 6px; }
figcaption { padding: .4rem 1rem; font-size: .85rem; color: var(--quiet); border-bottom: 1px solid var(--line); }
.method { font: 600 .72rem/1 ui-monospace, Menlo, Consolas, monospace; text-transform: uppercase; }
.route .method { font-size: .9rem; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .delete { color: var(--delete); }
.access, .notes, .type { color: var(--quiet); font-size: .92rem; }
.required { color: var(--put); font-size: .85rem; }
dl { margin: 0; }
dt { margin-top: .6rem; }
dd { margin: .1rem 0 0; padding: 0 0 .5rem; border-bottom: 1px solid var(--line); }
dd p { margin: .15rem 0; }
dd:last-child { border-bottom: 0; }
.fields .fields { padding-left: 1rem; border-left: 2px solid var(--line); }
.responses { display: grid; grid-template-columns: 3.5rem 1fr; }
.responses dt { margin: .1rem 0; }
.status { font-weight: 600; }
.s2 { color: var(--get); } .s3 { color: var(--post); } .s4 { color: var(--put); } .s5 { color: var(--delete); }
details summary { cursor: pointer; color: var(--link); font-size: .92rem; }
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 17rem minmax(0, 1fr); grid-template-rows: auto 1fr; }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 2.9rem; height: calc(100vh - 2.9rem); overflow-y: auto; border-bottom: 0; border-right: 1px solid var(--line); }
  nav details > ul { max-height: none; }
  main { padding: 0 2.5rem 6rem; max-width: 96rem; }
}
@media (min-width: 85rem) {
  article:not(.schema) { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 34rem); gap: 2.5rem; }
  .examples { position: sticky; top: 4rem; align-self: start; max-height: calc(100vh - 5rem); overflow-y: auto; }
}
@media print { nav, .skip { display: none; } pre { max-height: none; } }
`;
