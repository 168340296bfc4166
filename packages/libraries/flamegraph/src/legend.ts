/** What a comparison means, as lines. */
export const legend: readonly string[] = [
  'Red is more than before, blue is less; the stronger, the more of it.',
  'A frame is as wide as before and after together.',
];
