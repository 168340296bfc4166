/** What the program's exit tells a script. */
export const exitCode = { done: 0, badConfig: 1, usage: 2, cannotStart: 3 } as const;
