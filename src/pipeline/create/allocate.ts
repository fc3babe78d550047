/**
 * Spreads a number of records evenly over places, with no place holding more than `most`.
 * @param amount how many
 * @param places over how many places
 * @returns how many for each place; their sum is `amount`, or less where `most` does not allow it
 */
export function spread(amount: number, places: number, most = Infinity): number[] {
  const wanted = Math.min(amount, places * most);
  const shares: number[] = [];
  // The difference of rounded running totals: every part of the document gets its share, not only the first.
  for (let i = 0; i < places; i++)
    shares.push(Math.floor((wanted * (i + 1) + places / 2) / places) - Math.floor((wanted * i + places / 2) / places));
  return shares;
}
