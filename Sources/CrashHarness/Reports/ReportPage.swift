// The page that shows a report: one file, no network, light and dark, readable without colour.

enum ReportPage {
    /// The page; `__DATA__` stands where the report's JSON goes.
    static let template = #"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
        <link rel="icon" href="data:,">
        <title>CrashLab report</title>
        <style>
          :root { color-scheme: light dark; --ink: #1c2024; --dim: #5b646d; --page: #fff; --line: #d5dae0; --panel: #f4f6f8;
            --clean: #e3e8ec; --recovered: #9ecae9; --detected: #f2a33a; --wrong: #b2182b; --lost: #22262b; --mark: #fff; }
          @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #9aa4ae; --page: #15181b; --line: #3a4149;
            --panel: #1f2428; --clean: #4a535c; --recovered: #6fb1dc; --detected: #e09a36; --wrong: #e0455a; --lost: #050607; --mark: #fff; } }
          body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
          h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
          p { margin: .25rem 0; } .dim { color: var(--dim); } code { font: .875rem ui-monospace, monospace; overflow-wrap: anywhere; }
          .totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem; margin: 1rem 0; }
          .totals div { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
          .totals b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
          .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
          .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
          .finding { border: 1px solid var(--line); border-left: .4rem solid var(--wrong); border-radius: .3rem; padding: .5rem .75rem; margin: .5rem 0; }
          svg { display: block; width: 100%; } .band { height: 2.25rem; } .structure { height: 1.25rem; } .cross { cursor: crosshair; touch-action: pan-y; }
          .tell { min-height: 1.5rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
          .legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0; padding: 0; list-style: none; } .legend li { display: flex; align-items: center; gap: .4rem; }
          .legend svg { flex: none; width: 1.75rem; height: 1.1rem; border: 1px solid var(--line); }
        </style>
        <h1>CrashLab report</h1>
        <p class="dim" id="when"></p>
        <div class="totals" id="totals"></div>
        <h2>Findings</h2>
        <div id="findings"></div>
        <h2>Crash maps</h2>
        <p>Each band is one small file, from its first byte to its last. The upper one shows what a reader gets when the file is cut
        before that byte, the lower one what it gets when one bit of that byte is flipped; above them stand the parts of the file.</p>
        <ul class="legend" id="legend"></ul>
        <div id="maps"></div>
        <h2>Throughput</h2>
        <div id="throughput"></div>
        <h2>Judges</h2>
        <div class="scroll"><table><thead><tr><th>judge</th><th class="number">cases</th><th>what has to hold</th></tr></thead><tbody id="judges"></tbody></table></div>
        <div id="guided"></div>
        <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
          <pattern id="p-clean" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--clean)"/></pattern>
          <pattern id="p-recovered" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--recovered)"/><circle cx="3" cy="3" r="1" fill="#123"/></pattern>
          <pattern id="p-detected" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--detected)"/><path d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5" stroke="#321" stroke-width="1"/></pattern>
          <pattern id="p-wrong" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--wrong)"/><path d="M0 0L6 6M0 6L6 0" stroke="var(--mark)" stroke-width="1.2"/></pattern>
          <pattern id="p-lost" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--lost)"/><path d="M3 0V6" stroke="#8a949e" stroke-width="1"/></pattern>
        </defs></svg>
        <script type="application/json" id="data">__DATA__</script>
        <script>
        "use strict";
        const data = JSON.parse(document.getElementById("data").textContent);
        const at = id => document.getElementById(id);
        const number = n => Math.round(n).toLocaleString("en");
        const time = s => s >= 3600 ? `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min` : s >= 60 ? `${Math.floor(s / 60)} min ${Math.round(s % 60)} s` : `${Math.round(s)} s`;
        function make(name, attributes = {}, ...children) {
          const isSVG = ["svg", "rect", "path", "title", "text"].includes(name);
          const node = isSVG ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
          for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
          node.append(...children);
          return node;
        }
        const executions = Object.values(data.targets).reduce((sum, t) => sum + t.executions, 0);
        const crashes = Object.values(data.targets).reduce((sum, t) => sum + t.crashes, 0);
        at("when").textContent = `Seed ${data.seed}, ${time(data.seconds)}.`;
        for (const [label, value] of [["cases judged", number(data.cases)], ["cases a second", number(data.cases / Math.max(data.seconds, 0.001))],
          ["inputs of guided targets", number(executions)], ["read", `${number(data.bytesRead / 1e6)} MB`], ["cases that failed", number(data.failingCases)], ["causes found", number(data.findings.length)]])
          at("totals").append(make("div", {}, make("b", {}, value), label));
        if (data.findings.length + crashes === 0) at("findings").append(make("p", {}, "No promise was broken."));
        for (const f of data.findings) at("findings").append(make("div", { class: "finding" }, make("b", {}, f.identity), ` met ${f.count === 1 ? "once" : number(f.count) + " times"}`,
          make("p", {}, f.promise), make("p", {}, `Expected ${f.expected}; got ${f.got}.`), make("code", {}, f.replay)));
        if (crashes) at("findings").append(make("p", {}, `${number(crashes)} inputs of coverage-guided targets crash; see the table at the end.`));
        const outcomes = { "clean": ["clean", "clean: all is there, nothing to say"], "recovered": ["recovered", "recovered: what was acknowledged is there, after repair"],
          "detected": ["detected", "detected: something is missing, and that is said"], "silently wrong": ["wrong", "silently wrong: something is missing or other, and nothing tells"], "lost": ["lost", "lost: nothing can be read"] };
        for (const [key, text] of Object.values(outcomes)) at("legend").append(make("li", {}, make("svg", { viewBox: "0 0 28 18" }, make("rect", { width: 28, height: 18, fill: `url(#p-${key})` })), text));
        function band(map, runs, label) {
          // In percent and without a view box, so that the patterns keep their size on any screen.
          const svg = make("svg", { class: "band cross", role: "img", "aria-label": label });
          let offset = 0;
          for (const run of runs) {
            svg.append(make("rect", { x: `${offset * 100 / map.size}%`, width: `${run.length * 100 / map.size}%`, height: "100%", fill: `url(#p-${outcomes[run.outcome][0]})` }));
            offset += run.length;
          }
          return svg;
        }
        const outcomeAt = (runs, offset) => { for (const run of runs) { if (offset < run.length) return run.outcome; offset -= run.length; } return ""; };
        for (const map of data.maps) {
          const structure = make("svg", { class: "structure cross", viewBox: "0 0 1000 20", preserveAspectRatio: "none", role: "img", "aria-label": "parts of the file" });
          map.fields.forEach((field, i) => structure.append(make("rect", { x: field.offset * 1000 / map.size, width: Math.max(field.length * 1000 / map.size, 0.3), y: 0, height: 20, fill: i % 2 ? "var(--dim)" : "var(--line)" })));
          const tell = make("p", { class: "tell dim", "aria-live": "polite" }, "Point at a byte.");
          const bands = [structure, band(map, map.cuts, "cut before each byte"), band(map, map.flips, "one bit flipped in each byte")];
          const show = event => {
            const box = event.currentTarget.getBoundingClientRect();
            const offset = Math.min(map.size - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * map.size)));
            const field = map.fields.filter(f => f.offset <= offset && offset < f.offset + f.length).pop();
            tell.textContent = `Byte ${number(offset)}, ${field ? field.name : "no field"}: cut here ${outcomeAt(map.cuts, offset)}, bit flipped here ${outcomeAt(map.flips, offset)}.`;
          };
          for (const b of bands) { b.addEventListener("pointermove", show); b.addEventListener("pointerdown", show); }
          const share = (runs, outcome) => runs.filter(r => r.outcome === outcome).reduce((sum, r) => sum + r.length, 0) / map.size;
          const words = runs => Object.keys(outcomes).filter(o => share(runs, o) > 0).map(o => `${(100 * share(runs, o)).toFixed(share(runs, o) < 0.01 ? 1 : 0)} % ${o}`).join(", ");
          at("maps").append(make("section", {}, make("h3", {}, `${map.format}, ${number(map.size)} bytes`), bands[0],
            make("p", { class: "dim" }, `cut: ${words(map.cuts)}`), bands[1], make("p", { class: "dim" }, `flipped: ${words(map.flips)}`), bands[2], tell));
        }
        const points = data.casesBySecond;
        if (points.length > 2) {
          const step = Math.max(1, Math.floor(points.length / 300)), rates = [];
          for (let i = step; i < points.length; i += step) rates.push((points[i] - points[i - step]) / step);
          const most = Math.max(...rates, 1);
          const line = rates.map((rate, i) => `${i ? "L" : "M"}${(i * 1000 / Math.max(rates.length - 1, 1)).toFixed(1)} ${(100 - 95 * rate / most).toFixed(1)}`).join("");
          at("throughput").append(make("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", style: "height:6rem;border-bottom:1px solid var(--line)", role: "img", "aria-label": "cases a second over time" },
            make("path", { d: line, fill: "none", stroke: "currentColor", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" })),
            make("p", { class: "dim" }, `Cases a second over ${time(data.seconds)}; at most ${number(most)}.`));
        } else at("throughput").append(make("p", { class: "dim" }, "The run was too short for a curve."));
        for (const j of data.judges) at("judges").append(make("tr", {}, make("td", {}, make("code", {}, j.name)), make("td", { class: "number" }, number(j.cases)), make("td", {}, j.promise)));
        const names = Object.keys(data.targets).sort();
        if (names.length) {
          const body = make("tbody");
          for (const n of names) { const t = data.targets[n]; body.append(make("tr", {}, make("td", {}, make("code", {}, n)), ...[t.executions, t.executions / Math.max(t.seconds, 0.001), t.coverage, t.corpus, t.crashes].map(v => make("td", { class: "number" }, number(v))), make("td", {}, t.problem || ""))); }
          at("guided").append(make("h2", {}, "Coverage-guided targets"), make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, "target"),
            ...["inputs", "a second", "edges reached", "corpus", "crashes"].map(h => make("th", { class: "number" }, h)), make("th"))), body)));
        }
        </script>
        </html>
        """#
}
