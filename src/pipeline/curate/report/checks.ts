/** The sections of the page on the checks: the funnel, and each one's findings. */
import type { Json } from "../check.js";
import type { CheckReport, CurationReport } from "../report.js";
import { barTable, histogram, track } from "./charts.js";
import { formatNumber, html, type Html } from "./html.js";

const shownReasons = 12;

/** A count of the funnel; on a phone nothing is not shown. */
function count(of: string, value: number): Html {
  return html`<td class="${value === 0 ? "number zero" : "number"}" data-of="${of}">${value}</td>`;
}

/** What each check kept and dropped of what reached it, in their order. */
export function funnelSection({ checks, metrics, unusable }: CurationReport): Html {
  const all = Math.max(metrics.total, 1);
  return html`<section aria-labelledby="funnel">
    <h2 id="funnel">From all records to those kept</h2>
    <ul class="key" aria-hidden="true">
      <li><i style="background:var(--kept)"></i>go on</li>
      <li><i style="background:var(--flag)"></i>go on with a flag</li>
      <li><i style="background:var(--drop)"></i>dropped here</li>
    </ul>
    <table class="funnel">
      <caption>
        Each check sees what those before it left.
        ${unusable.count > 0 ? `${formatNumber(unusable.count)} entries were no records and reached no check.` : ""}
      </caption>
      <thead>
        <tr>
          <th scope="col">Check</th>
          <th scope="col">Action</th>
          <th scope="col" class="number">Seen</th>
          <th scope="col" class="number">Flagged</th>
          <th scope="col" class="number">Changed</th>
          <th scope="col" class="number">Dropped</th>
          <th scope="col" class="number">Not checked</th>
          <td></td>
        </tr>
      </thead>
      <tbody>
        ${checks.map((check) => {
          const gone = check.dropped + check.failed;
          const flagged = Math.min(check.flagged, check.seen - gone);
          return html`<tr>
            <th scope="row"><a href="#check-${check.name}">${titleOf(check.name)}</a></th>
            <td>${didNotRun(check) ? "did not run" : check.action}</td>
            <td class="number" data-of="seen">${didNotRun(check) ? 0 : check.seen}</td>
            ${count("flagged", check.flagged)} ${count("changed", check.changed)} ${count("dropped", check.dropped)}
            ${count("not checked", check.failed)}
            <td class="chart" aria-hidden="true" style="width:30%">
              ${track([
                { share: didNotRun(check) ? 0 : (check.seen - gone - flagged) / all, kind: "kept" },
                { share: flagged / all, kind: "flag" },
                { share: gone / all, kind: "drop" },
              ])}
            </td>
          </tr>`;
        })}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Kept</th>
          <td></td>
          <td class="number" data-of="records"><strong>${metrics.filtered}</strong></td>
          <td></td>
          <td></td>
          <td class="number" data-of="not kept">${metrics.total - metrics.filtered}</td>
          <td></td>
          <td class="chart" aria-hidden="true">${track([{ share: metrics.filtered / all, kind: "kept" }])}</td>
        </tr>
      </tfoot>
    </table>
  </section>`;
}

/** Ratings, and what else the judge and other checks measured. */
export function ratingsSection({ checks, ratings }: CurationReport): Html | undefined {
  const judge = checks.find(({ name }) => name === "judge");
  const charts = [
    histogram("Rating", "Of 10, by the model.", ratings),
    ...Object.entries(judge?.measures ?? {}).map(([name, distribution]) =>
      histogram(titleOf(name), "One criterion of the rating.", distribution),
    ),
  ].filter((chart) => chart !== undefined);
  if (charts.length === 0) return undefined;
  return html`<section aria-labelledby="ratings">
    <h2 id="ratings">Ratings</h2>
    <div class="grid">${charts}</div>
  </section>`;
}

/** What each check found. */
export function checksSection({ checks }: CurationReport): Html {
  return html`<section aria-labelledby="checks">
    <h2 id="checks">What each check found</h2>
    ${checks.map(checkArticle)}
  </section>`;
}

function checkArticle(check: CheckReport): Html {
  const { name, description, action, reasons, scores, examples, seen, flagged, dropped, failed, changed } = check;
  const given = Object.entries(reasons);
  const shown = given.slice(0, shownReasons).map(([reason, count]) => ({ name: reason, count }));
  const rest = given.slice(shownReasons).reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0) shown.push({ name: "other reasons", count: rest });
  // A note with a score of its own says the same as the check's.
  const measures =
    name === "judge"
      ? []
      : Object.entries(check.measures ?? {}).filter(([measure]) => measure !== "score" || scores === null);
  const charts = [
    barTable("Reasons", "", shown),
    ...Object.entries(check.kinds ?? {}).map(([kind, counts]) =>
      barTable(
        kind === "" ? titleOf(name) : titleOf(kind),
        "As noted on the records.",
        Object.entries(counts).map(([one, count]) => ({ name: one, count })),
      ),
    ),
    name === "judge" ? undefined : histogram("Score", "In the check's own unit.", scores),
    ...measures.map(([measure, distribution]) => histogram(titleOf(measure), "", distribution)),
  ].filter((chart) => chart !== undefined);
  const counts = [
    [dropped, "dropped", "drop"],
    [flagged, "flagged", "flag"],
    [changed, "changed", "flag"],
    [failed, "not checked", "drop"],
  ] as const;
  return html`<article class="check" id="check-${name}">
    <h3>
      ${titleOf(name)}
      ${counts.map(([count, what, kind]) => (count > 0 ? html`<span class="tag ${kind}">${count} ${what}</span>` : ""))}
      ${
        dropped + flagged + failed + changed > 0
          ? ""
          : didNotRun(check)
            ? html`<span class="tag flag">did not run</span>`
            : html`<span class="tag kept">nothing found</span>`
      }
    </h3>
    <p class="soft">
      ${description}. ${didNotRun(check) ? "No record was looked at" : `${formatNumber(seen)} records were looked at`};
      action: ${action}.
    </p>
    ${charts.length > 0 ? html`<div class="grid">${charts}</div>` : ""}
    ${
      examples.length > 0
        ? html`<details>
            <summary>Examples (${examples.length})</summary>
            ${examples.map(
              ({ reason, detail, question }) =>
                html`<div class="record">
                  <p class="question" dir="auto">${question}</p>
                  <p class="why" dir="auto">${reason}${detail === undefined ? "" : `: ${detail}`}</p>
                </div>`,
            )}
          </details>`
        : ""
    }
    ${name === "diversity" ? html`<p class="note">Its figures stand under <a href="#diversity">diversity</a>.</p>` : saidBy(check.summary)}
  </article>`;
}

/** Whether a check says that it could not be applied at all, and why. */
export function didNotRun({ summary }: CheckReport): string | undefined {
  if (typeof summary !== "object" || summary === null || !("ran" in summary) || summary.ran !== false) return undefined;
  return "why" in summary && typeof summary.why === "string" ? summary.why : "no reason is given";
}

/** What a check says of all records, in its own shape. */
function saidBy(summary: Json): Html | undefined {
  if (summary === null) return undefined;
  if (typeof summary !== "object" || Array.isArray(summary)) return html`<p>${jsonText(summary)}</p>`;
  return html`<details>
    <summary>What it says of all records</summary>
    <ul class="plain">
      ${Object.entries(summary).map(([key, value]) => html`<li>${titleOf(key)}: ${jsonText(value)}</li>`)}
    </ul>
  </details>`;
}

function jsonText(value: Json): string {
  if (value === null) return "–";
  if (typeof value === "number") return formatNumber(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
}

/** `near_duplicates` as a title. */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
