import { builtPath, goProgram } from '../go-program.ts';

/** Prints what Datadog's own translator makes of OTLP metrics; main.go says how it is asked. */
export const translator = goProgram({ name: 'datadog-translator', folder: import.meta.dirname });

/** The path of the translator, if `build.ts` could build it here. */
export const translatorBinary = (): string | undefined => builtPath(translator);
