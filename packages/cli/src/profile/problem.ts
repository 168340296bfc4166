import { exitCode } from '../exit-code.ts';

/** What went wrong, as a sentence for the user that says what to do. */
export class ProfileProblem extends Error {
  override readonly name = 'ProfileProblem';
  /** What the program ends with. */
  readonly exitCode: number;
  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.exitCode = code;
  }
}

export const usage = (message: string): ProfileProblem => new ProfileProblem(message, exitCode.usage);
export const noService = (message: string): ProfileProblem => new ProfileProblem(message, exitCode.noService);
