/** How reports look: on a desk, on a phone, in the dark, and on paper. No font, picture or rule from any other place. */
export const style = `
:root { --ink:#1b2430; --soft:#5b6775; --line:#d8dee6; --ground:#eef1f5; --page:#f6f7f9; --card:#fff;
  --good:#1f7a4d; --warn:#a86400; --bad:#b3261e; --plain:#49617c; --people:#7a4fb5; --stage:#2f6db0; --even:#6f9fd0;
  --good-soft:#e3f3ea; --warn-soft:#fcefd8; --bad-soft:#fbe4e2; --plain-soft:#e8edf3; }
@media (prefers-color-scheme: dark) { :root { --ink:#e4e9ef; --soft:#9aa7b5; --line:#303a46; --ground:#222b36; --page:#12171d; --card:#1a212a;
  --good:#4cbf86; --warn:#e0a040; --bad:#ef7a72; --plain:#93abc5; --people:#b392e6; --stage:#5b9bdf; --even:#3f6c9c;
  --good-soft:#173326; --warn-soft:#3a2c12; --bad-soft:#3d1c1a; --plain-soft:#222d3a; } }
* { box-sizing:border-box }
body { margin:0; background:var(--page); color:var(--ink); font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif; overflow-wrap:anywhere }
main { max-width:1080px; margin:0 auto; padding:28px 24px 48px }
h1 { font-size:27px; line-height:1.2; margin:0 0 6px; letter-spacing:-.01em }
h2 { font-size:18px; margin:0 0 12px } h3 { font-size:14px; margin:16px 0 6px; color:var(--soft); font-weight:600 }
p { margin:6px 0 } code { font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace; background:var(--ground); border-radius:4px; padding:1px 4px }
section { background:var(--card); border:1px solid var(--line); border-radius:10px; padding:18px 20px; margin:16px 0 }
.note,.about,.worker,time,.since { color:var(--soft) } .note { font-size:14px } .lead { color:var(--soft); margin:0 0 12px }
.badge { display:inline-block; border-radius:999px; padding:1px 10px; font-size:13px; font-weight:600; background:var(--plain-soft); color:var(--plain); white-space:nowrap }
.badge.good { background:var(--good-soft); color:var(--good) } .badge.warn { background:var(--warn-soft); color:var(--warn) } .badge.bad { background:var(--bad-soft); color:var(--bad) }
.figures { display:grid; grid-template-columns:repeat(auto-fit,minmax(158px,1fr)); gap:12px; margin:18px 0 4px }
.figure { background:var(--card); border:1px solid var(--line); border-top:4px solid var(--plain); border-radius:10px; padding:12px 14px; min-width:0 }
.figure.good { border-top-color:var(--good) } .figure.warn { border-top-color:var(--warn) } .figure.bad { border-top-color:var(--bad) }
.figure .label { font-size:13px; color:var(--soft) } .figure .value { font-size:21px; font-weight:650; line-height:1.25; margin:2px 0 } .figure .about { font-size:13px }
svg { display:block; overflow:hidden; border-radius:4px } svg rect { shape-rendering:crispEdges } .ground { fill:var(--ground) }
rect.down { fill:var(--bad) } rect.people { fill:var(--people) } rect.stage { fill:var(--stage) } rect.stage.even { fill:var(--even) }
rect.fill.good { fill:var(--good) } rect.fill.warn { fill:var(--warn) } rect.fill.bad { fill:var(--bad) } rect.fill.plain,rect.fill { fill:var(--plain) }
rect.unseen { fill:none; stroke:var(--plain); stroke-width:2; stroke-dasharray:5 4 } rect.blind { fill:var(--line) }
line.mark { stroke:var(--ink); stroke-width:2 } line.marker { stroke:var(--ink); stroke-width:2; stroke-dasharray:4 3 } line.marker.bad { stroke:var(--bad) } line.marker.good { stroke:var(--good) }
.curve line.marker { stroke-width:2.5 }
.lane,.step { display:grid; grid-template-columns:96px minmax(0,1fr); gap:2px 12px; align-items:center; margin:6px 0 }
.lane .about { grid-column:2; font-size:13px } .lane .name { font-weight:600 }
.ends { display:flex; justify-content:space-between; gap:12px; font-size:12px; color:var(--soft) }
.moments { list-style:none; padding:0; margin:14px 0 0 } .moments li { display:grid; grid-template-columns:150px 110px minmax(0,1fr); gap:0 12px; padding:3px 0; border-top:1px solid var(--line); font-size:14px }
time { font-variant-numeric:tabular-nums; font-size:13px } .since { font-variant-numeric:tabular-nums; text-align:right; font-size:13px }
.step { grid-template-columns:minmax(0,36%) minmax(0,1fr) 62px; font-size:14px; padding:2px 0; margin:2px 0 }
.step .took { text-align:right; font-variant-numeric:tabular-nums; color:var(--soft) } .step .said { grid-column:2/4; font-size:13px; color:var(--soft); margin-top:-2px } .step .said:empty { display:none }
.step code { font-size:12px; color:var(--soft); background:none; padding:0 }
rect.step { fill:var(--stage) } rect.step.failed { fill:var(--bad) } rect.step.skipped,rect.step.undone { fill:var(--warn) } rect.step.running,rect.step.pending,rect.step.cancelled { fill:var(--plain) }
.trend { display:grid; grid-template-columns:minmax(0,34%) minmax(0,1fr) minmax(0,32%); gap:2px 14px; align-items:center; padding:5px 0; font-size:14px }
.objective + .objective { margin-top:18px } .legend { font-size:13px; color:var(--soft) } .legend span { margin-right:14px; white-space:nowrap }
.legend i { display:inline-block; width:12px; height:12px; border-radius:3px; margin-right:5px; vertical-align:-1px; background:var(--plain) }
.legend i.good { background:var(--good) } .legend i.bad { background:var(--bad) } .legend i.warn { background:var(--warn) } .legend i.people { background:var(--people) } .legend i.blind { background:var(--line) }
.legend i.stage { background:var(--stage) } .legend i.even { background:var(--even) } .legend i.mark,.legend i.marker { width:3px; height:14px; border-radius:0; background:var(--ink) } .legend i.marker.bad { background:var(--bad) } .legend i.marker.good { background:var(--good) }
.legend i.unseen { background:none; border:2px dashed var(--plain) }
.findings { list-style:none; padding:0; margin:0 } .findings li { padding:6px 0; border-top:1px solid var(--line) } .findings li:first-child { border-top:0 }
table { width:100%; border-collapse:collapse; font-size:14px } th { text-align:left; font-size:13px; color:var(--soft); font-weight:600; overflow-wrap:normal } .short { white-space:nowrap } th,td { padding:5px 12px 5px 0; border-bottom:1px solid var(--line); vertical-align:top } tr:last-child td { border-bottom:0 } td:first-child { min-width:11em }
dl { display:grid; grid-template-columns:170px minmax(0,1fr); gap:4px 14px; margin:0; font-size:14px } dt { color:var(--soft) } dd { margin:0 }
.questions { padding-left:22px; margin:0 } .questions li { margin:0 0 14px } .questions .answer { border-bottom:1px solid var(--line); height:26px } .questions .known { font-size:14px; color:var(--soft) }
footer { color:var(--soft); font-size:13px; margin-top:22px }
@media (max-width:640px) {
  main { padding:18px 12px 32px } h1 { font-size:22px } section { padding:14px 14px; border-radius:8px } .figures { grid-template-columns:1fr 1fr; gap:8px } .figure { padding:9px 11px } .figure .value { font-size:17px }
  .lane { grid-template-columns:minmax(0,1fr) } .lane .about { grid-column:1 } .lane.axis .name { display:none }
  .step { grid-template-columns:minmax(0,1fr) 62px } .step .what { grid-column:1/3 } .step .bar { grid-column:1; grid-row:2 } .step .took { grid-column:2; grid-row:2 } .step .said { grid-column:1/3 } .step.axis .ends { grid-column:1 }
  .trend { grid-template-columns:minmax(0,1fr) } .moments li { grid-template-columns:minmax(0,1fr) auto } .moments li span:last-child { grid-column:1/3 } dl { grid-template-columns:minmax(0,1fr); gap:0 } dd { margin:0 0 8px }
  thead { display:none } tr { display:block; border-bottom:1px solid var(--line); padding:6px 0 } tr:last-child { border-bottom:0 } td,td:first-child { display:block; border:0; padding:1px 0; min-width:0 } td:empty { display:none } td[data-head]:not([data-head=""])::before { content:attr(data-head) ": "; color:var(--soft) }
}
@page { size:A4; margin:14mm 13mm }
@media print { :root { --ink:#111; --soft:#444; --line:#ccc; --ground:#f0f0f0; --page:#fff; --card:#fff; --good:#1f7a4d; --warn:#a86400; --bad:#b3261e; --plain:#49617c; --people:#7a4fb5; --stage:#2f6db0; --even:#6f9fd0; --good-soft:#fff; --warn-soft:#fff; --bad-soft:#fff; --plain-soft:#fff; }
  * { print-color-adjust:exact; -webkit-print-color-adjust:exact } body { font-size:10.5pt } main { max-width:none; padding:0 } section { border:0; border-top:1px solid var(--line); border-radius:0; padding:10px 0; margin:0 }
  h2,h3 { break-after:avoid } .figure,.step,.lane,.trend,.lanes,.objective,tr,li { break-inside:avoid } .badge { border:1px solid currentColor } .figures { grid-template-columns:repeat(3,1fr) } }
`;
