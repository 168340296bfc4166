import { builtPath, goProgram } from '../../go-program.ts';

/** Decodes payloads with Datadog's own generated code; main.go says how it is asked. */
export const decoder = goProgram({ name: 'datadog-payload', folder: import.meta.dirname });

/** The path of the decoder, if `build.ts` could build it here. */
export const decoderBinary = (): string | undefined => builtPath(decoder);
