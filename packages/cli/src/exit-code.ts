/**
 * What the program's exit tells a script. `watch` and `ask`: `noService` where there is none or it refuses, `failed` where it
 * could not do what was asked.
 */
export const exitCode = { done: 0, badConfig: 1, failed: 1, usage: 2, cannotStart: 3, noService: 3 } as const;
