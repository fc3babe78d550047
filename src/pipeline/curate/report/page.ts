/** The report as one page that stands alone: nothing is fetched, no script runs, whatever the records hold. */
import { isDiversity } from "../diversity/figures.js";
import type { CurationReport, RecordExample } from "../report.js";
import { checksSection, didNotRun, funnelSection, ratingsSection, titleOf } from "./checks.js";
import { diversitySection } from "./diversity.js";
import { formatShare, html, Html } from "./html.js";
import { style } from "./style.js";

/**
 * @param report of a curation
 * @returns a page of HTML; its size does not depend on how many records there were
 */
export function pageOf(report: CurationReport): string {
  const { input, metrics, checks } = report;
  const diversity = checks.map(({ summary }): unknown => summary).find(isDiversity);
  const warnings = [
    ...(diversity?.warnings ?? []),
    ...checks.flatMap((check) => {
      const why = didNotRun(check);
      return why === undefined ? [] : [`${titleOf(check.name)} did not run: ${why}`];
    }),
    ...(metrics.total > 0 && metrics.filtered === 0 ? ["no record was kept"] : []),
  ];
  const ratings = ratingsSection(report);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>Curation of ${input}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>Curation of ${input}</h1>
          <nav aria-label="Sections">
            <ul>
              <li><a href="#funnel">Funnel</a></li>
              ${ratings === undefined ? "" : html`<li><a href="#ratings">Ratings</a></li>`}
              <li><a href="#checks">Checks</a></li>
              ${diversity === undefined ? "" : html`<li><a href="#diversity">Diversity</a></li>`}
              <li><a href="#examples">Examples</a></li>
              <li><a href="#provenance">Provenance</a></li>
            </ul>
          </nav>
        </header>
        <main>
          ${tiles(report)}
          ${
            warnings.length > 0
              ? html`<ul class="warnings" aria-label="Warnings">
                  ${warnings.map((warning) => html`<li dir="auto">${warning}</li>`)}
                </ul>`
              : ""
          }
          ${funnelSection(report)} ${ratings} ${checksSection(report)}
          ${diversity === undefined ? "" : diversitySection(diversity)} ${examplesSection(report)}
          ${provenanceSection(report)}
        </main>
        <footer>Made by quern. The same figures stand in the JSON file beside this page.</footer>
      </body>
    </html> `;
  return page.markup;
}

function tiles({ metrics, unusable, without_source }: CurationReport): Html {
  const { total, filtered, avg_score, rated } = metrics;
  const tile = (name: string, value: string | number, note = "") =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}${note === "" ? "" : html`<small>${note}</small>`}</dd>
    </div>`;
  return html`<dl class="tiles">
    ${tile("Records", total)} ${tile("Kept", filtered, total === 0 ? "" : formatShare(filtered / total))}
    ${tile("Dropped", total - filtered, total === 0 ? "" : formatShare((total - filtered) / total))}
    ${rated > 0 ? tile("Average rating", avg_score.toFixed(1), `of ${rated.toLocaleString("en-GB")} rated`) : ""}
    ${unusable.count > 0 ? tile("Unusable", unusable.count, "no records, not counted above") : ""}
    ${without_source > 0 ? tile("Without a source", without_source, "checked without the text") : ""}
  </dl>`;
}

function examplesSection({ examples, unusable }: CurationReport): Html {
  const byReason = new Map<string, RecordExample[]>();
  for (const example of examples.dropped) {
    const { check, reason } = example.dropped ?? { check: "", reason: "no reason given" };
    const key = check === "" ? reason : `${titleOf(check)}: ${reason}`;
    byReason.set(key, [...(byReason.get(key) ?? []), example]);
  }
  return html`<section aria-labelledby="examples">
    <h2 id="examples">Examples</h2>
    <h3>Kept</h3>
    ${examples.kept.length === 0 ? html`<p class="soft">None.</p>` : examples.kept.map(recordArticle)}
    <h3>Dropped</h3>
    ${examples.dropped.length === 0 ? html`<p class="soft">None.</p>` : ""}
    ${[...byReason].map(
      ([reason, list]) =>
        html`<h4 dir="auto">${reason}</h4>
          ${list.map(recordArticle)}`,
    )}
    ${
      unusable.count > 0
        ? html`<h3>No records at all</h3>
            <ul class="plain">
              ${Object.entries(unusable.reasons).map(([reason, count]) => html`<li>${count}: ${reason}</li>`)}
            </ul>`
        : ""
    }
  </section>`;
}

function recordArticle({ question, answer, rating, quality, dropped }: RecordExample): Html {
  return html`<article class="record">
    <p class="question" dir="auto">${question}</p>
    <p dir="auto">${answer}</p>
    ${dropped?.detail === undefined ? "" : html`<p class="why" dir="auto">${dropped.detail}</p>`}
    ${rating === undefined ? "" : html`<p class="note">Rated ${rating}</p>`}
    ${
      quality === undefined || quality === null
        ? ""
        : html`<details>
            <summary class="note">What checks noted</summary>
            <pre>${shortJson(quality)}</pre>
          </details>`
    }
  </article>`;
}

function provenanceSection(report: CurationReport): Html {
  const { input, output, dropped_file, threshold, model, settings } = report;
  const row = (name: string, value: Html | string | number) =>
    html`<tr>
      <th scope="row">${name}</th>
      <td>${value}</td>
    </tr>`;
  return html`<section aria-labelledby="provenance">
    <h2 id="provenance">Provenance</h2>
    <table>
      <caption>
        Where these records came from, and by what they were judged
      </caption>
      <tbody>
        ${row("Input", html`<code>${input}</code>`)} ${row("Curated file", html`<code>${output}</code>`)}
        ${row("Dropped records", html`<code>${dropped_file}</code>`)} ${row("Lowest rating kept", threshold)}
        ${row("Model", model === null ? "no model was asked" : html`<code>${modelText(model)}</code>`)}
        ${
          report.prompts === undefined
            ? ""
            : Object.entries(report.prompts).map(([name, text]) =>
                row(
                  `Prompt ${name}`,
                  html`<details>
                    <summary>Its text</summary>
                    <pre>${text}</pre>
                  </details>`,
                ),
              )
        }
      </tbody>
    </table>
    <details>
      <summary>Settings in force</summary>
      <pre>${shortJson(settings)}</pre>
    </details>
  </section>`;
}

function modelText(model: CurationReport["model"]): string {
  if (typeof model === "object" && model !== null && !Array.isArray(model)) {
    const { name, fingerprint } = model as { name?: unknown; fingerprint?: unknown };
    if (typeof name === "string") return typeof fingerprint === "string" ? `${name} (${fingerprint})` : name;
  }
  return shortJson(model);
}

const mostCharacters = 20_000;

function shortJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}\n…` : text;
}
