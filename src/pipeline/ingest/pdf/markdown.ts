/**
 * Writes a table in Markdown (GitHub's tables).
 *
 * @param rows of cells, all of the same length; the first is the head
 */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const escape = (cell: string): string => cell.replace(/\s+/g, " ").trim().replaceAll("|", "\\|");
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head ?? []), line((head ?? []).map(() => "---")), ...body.map(line)].join("\n");
}
