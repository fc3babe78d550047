const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const width = 40;

/** A chart of horizontal bars that any terminal shows, a line for each value; the longest is 40 columns wide. */
export function bars(values: readonly { label: string; value: number }[], unit: string): string[] {
  const most = Math.max(...values.map(({ value }) => value), Number.MIN_VALUE);
  const labels = Math.max(...values.map(({ label }) => label.length));
  return values.map(({ label, value }) => {
    const cells = Math.max(0, (value / most) * width);
    const bar = "█".repeat(Math.floor(cells)) + eighths[Math.floor((cells % 1) * 8)]!;
    return `${label.padStart(labels)} ${bar} ${Math.round(value)} ${unit}`;
  });
}
