/** Charts of plain markup: no script, no picture. What they show stands in them as numbers too. */
import type { Distribution } from "../report.js";
import { formatNumber, formatShare, html, type Html } from "./html.js";

/** One bar: what it is of, and how much. */
export interface Bar {
  name: string;
  count: number;
}

/**
 * A table with a bar in each row.
 * @param caption what is counted
 * @param note a plain word on how to read it
 * @param bars in their order; none gives nothing
 * @param total of which the shares are; absent: the sum of all bars
 */
export function barTable(caption: string, note: string, bars: readonly Bar[], total?: number): Html | undefined {
  if (bars.length === 0) return undefined;
  const all = total ?? bars.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...bars.map(({ count }) => count), 1);
  return html`<figure>
    <table class="bars">
      <caption>
        <strong>${caption}</strong
        >${note === "" ? "" : html`<br />${note}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col" class="number">Count</th>
          <th scope="col" class="number">Share</th>
          <td></td>
        </tr>
      </thead>
      <tbody>
        ${bars.map(
          ({ name, count }) =>
            html`<tr>
              <th scope="row" dir="auto">${name}</th>
              <td class="number">${count}</td>
              <td class="number">${formatShare(all === 0 ? 0 : count / all)}</td>
              <td aria-hidden="true">${track([{ share: count / most, kind: "" }])}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </figure>`;
}

/** A bar of pieces of different kinds, each a share of the whole. */
export function track(pieces: readonly { share: number; kind: "" | "kept" | "flag" | "drop" }[]): Html {
  return html`<div class="track">
    ${pieces.map(({ share, kind }) => html`<span class="${kind}" style="width:${widthOf(share)}%"></span>`)}
  </div>`;
}

/** Something that is there is seen. */
function widthOf(share: number): string {
  return (share > 0 ? Math.max(0.7, 100 * share) : 0).toFixed(2);
}

/**
 * Columns for the steps of a distribution.
 * @param caption what was measured
 * @param note a plain word on how to read it
 */
export function histogram(caption: string, note: string, distribution: Distribution | null): Html | undefined {
  if (distribution === null || distribution.count === 0) return undefined;
  const { histogram: steps, count, mean, min, max, p5, p50, p95 } = distribution;
  const most = Math.max(...steps.map((step) => step.count), 1);
  const each = steps.every(({ from, to }) => from === to);
  const nameOf = ({ from, to }: (typeof steps)[number]) =>
    from === to ? formatNumber(from) : `${formatNumber(from)} to ${formatNumber(to)}`;
  const said = `${caption}: ${formatNumber(count)} values from ${formatNumber(min)} to ${formatNumber(max)}, mean ${formatNumber(mean)}, half of them up to ${formatNumber(p50)}`;
  return html`<figure>
    <figcaption>
      ${caption}
      <span>${note} Mean ${mean}, median ${p50}; nine tenths lie between ${p5} and ${p95}. ${count} in all.</span>
    </figcaption>
    <div role="img" aria-label="${said}">
      <div class="columns">
        ${steps.map(
          (step) =>
            html`<div>
              ${step.count > 0 && steps.length <= 12 ? formatNumber(step.count) : ""}<b
                style="height:${((80 * step.count) / most).toFixed(1)}%${step.count > 0 ? ";min-height:2px" : ""}"
              ></b>
            </div>`,
        )}
      </div>
      ${
        each
          ? html`<div class="axis">${steps.map(({ from }) => html`<span>${from}</span>`)}</div>`
          : html`<div class="axis ends"><span>${min}</span><span>${max}</span></div>`
      }
    </div>
    <details>
      <summary class="note">Numbers</summary>
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col" class="number">Count</th>
          </tr>
        </thead>
        <tbody>
          ${steps.map(
            (step) =>
              html`<tr>
                <th scope="row">${nameOf(step)}</th>
                <td class="number">${step.count}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </figure>`;
}
