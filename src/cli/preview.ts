/** `--preview`: what a command would do with a folder, without doing it. */
import path from "node:path";
import type { Found } from "../pipeline/ingest/discover.js";

/**
 * @param what the work as a heading says it: `qa processing`
 * @param run the command line that does it
 * @returns lines
 */
export function previewLines(folder: string, { inputs, others }: Found, what: string, run: string): string[] {
  const lines = [
    `Preview: scanning directory ${folder} for ${what}...`,
    `📁 Directory: ${folder}`,
    `📄 Total files: ${inputs.length + others.length}`,
    `✅ Supported files: ${inputs.length}`,
    `❌ Unsupported files: ${others.length}`,
  ];
  if (inputs.length === 0) lines.push(`No supported files found for ${what}`);
  else {
    lines.push("", "📊 Supported by extension:");
    const counts = new Map<string, number>();
    for (const input of inputs) {
      const extension = path.extname(input).toLowerCase() || "(none)";
      counts.set(extension, (counts.get(extension) ?? 0) + 1);
    }
    for (const [extension, count] of [...counts].sort()) lines.push(`  ${extension}: ${count}`);
    lines.push("", "📋 Files:", ...inputs.map((input) => `  • ${path.relative(folder, input)}`));
    lines.push("", "💡 To process these files, run:", `  ${run}`);
  }
  return lines;
}

/** What `--preview` says for a single file, which needs no scanning. */
export function previewOfFile(file: string, what: string, run: string): string[] {
  return [
    `Preview mode is only available for directories; ${file} is one file, and nothing was done.`,
    `💡 To start ${what}, run:`,
    `  ${run}`,
  ];
}
