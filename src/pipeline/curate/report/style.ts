/** The look of the report: on light and dark screens, on a phone, on paper. */

export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfaf7; --card: #ffffff; --text: #22252a; --soft: #5a616b; --line: #dcd9d1;
  --kept: #1f7a63; --flag: #b7791f; --drop: #b3402f; --bar: #3d6ea5; --track: #ece9e1; --warn: #fff4dc; --warnline: #d99a2b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181c; --card: #1f2228; --text: #e8e6e1; --soft: #a5abb5; --line: #363a43;
    --kept: #4fb597; --flag: #dba54a; --drop: #e0705d; --bar: #6fa3df; --track: #2b2f37; --warn: #3a3018; --warnline: #dba54a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main, header, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .35rem; }
p { margin: .35rem 0 .75rem; max-width: 48rem; }
.soft, caption, .note { color: var(--soft); }
.note { font-size: .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: .75rem 0 0; }
a { color: var(--bar); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--flag); outline-offset: 2px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem .9rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.tiles small { display: block; font-size: .8rem; font-weight: 400; color: var(--soft); }
.warnings { background: var(--warn); border-left: 4px solid var(--warnline); border-radius: .3rem; padding: .6rem 1rem .6rem 2rem; margin: 1rem 0; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem 1.5rem; align-items: start; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem 1rem; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
figcaption span { display: block; font-weight: 400; font-size: .85rem; color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .9rem; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem .25rem 0; }
thead th { font-size: .8rem; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line); }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; white-space: nowrap; width: 1%; }
.wide { overflow-x: auto; }
.bars th { font-weight: 400; } .bars thead th { font-weight: 600; }
.bars td:last-child { width: 34%; }
.track { display: flex; height: .85rem; margin-top: .35rem; background: var(--track); border-radius: .2rem; overflow: hidden; min-width: 4rem; }
.track span { height: 100%; background: var(--bar); }
.track .kept { background: var(--kept); } .track .flag { background: var(--flag); } .track .drop { background: var(--drop); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .85rem; color: var(--soft); margin: .25rem 0; padding: 0; list-style: none; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin-right: .4rem; vertical-align: -.05rem; }
.columns { display: flex; align-items: flex-end; gap: 2px; height: 8.5rem; border-bottom: 1px solid var(--line); }
.columns div { flex: 1 1 0; min-width: 0; display: flex; flex-direction: column; justify-content: flex-end; height: 100%; text-align: center; font-size: .7rem; color: var(--soft); }
.columns b { display: block; background: var(--bar); border-radius: .2rem .2rem 0 0; }
.axis { display: flex; gap: 2px; font-size: .72rem; color: var(--soft); margin-bottom: .35rem; }
.axis span { flex: 1 1 0; min-width: 0; text-align: center; white-space: nowrap; }
.axis.ends { justify-content: space-between; } .axis.ends span { flex: none; }
details { margin: .5rem 0; }
summary { cursor: pointer; }
.check { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; margin: .75rem 0; }
.check h3 { margin-top: 0; }
.tag { display: inline-block; font-size: .78rem; font-weight: 600; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .55rem; margin-left: .4rem; white-space: nowrap; }
.tag.kept { color: var(--kept); } .tag.flag { color: var(--flag); } .tag.drop { color: var(--drop); }
.record { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem 1rem; margin: .6rem 0; }
.record p { margin: .2rem 0; max-width: none; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
.record .question { font-weight: 600; }
.record .why { color: var(--drop); font-size: .9rem; }
.plain { margin: .3rem 0 .6rem; padding-left: 1.2rem; overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; font-size: .82rem; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { padding: 1.5rem 1.25rem 3rem; color: var(--soft); font-size: .9rem; }
@media (max-width: 36rem) {
  h1 { font-size: 1.35rem; }
  main, header, footer { padding-left: .9rem; padding-right: .9rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .funnel thead { display: none; }
  .funnel tr { display: flex; flex-wrap: wrap; column-gap: 1rem; border-bottom: 1px solid var(--line); padding: .3rem 0; }
  .funnel th, .funnel td.chart { flex: 1 0 100%; }
  .funnel td.number { width: auto; font-size: .85rem; }
  .funnel td.zero { display: none; }
  .funnel td.number::before { content: attr(data-of) " "; color: var(--soft); }
}
@media print {
  body { background: #fff; color: #000; font-size: 11px; }
  nav { display: none; }
  figure, .check, .record, .tiles div { break-inside: avoid; border-color: #bbb; }
  .track, .track span, .columns b, .warnings, .key i { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  h2, h3 { break-after: avoid; }
}
`;
