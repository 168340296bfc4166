/** SGR sequences: https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters */
const codes = { bold: 1, dim: 2, inverse: 7, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Paint = keyof typeof codes;

export const paint = (how: Paint, text: string): string => `\x1b[${codes[how]}m${text}\x1b[0m`;
