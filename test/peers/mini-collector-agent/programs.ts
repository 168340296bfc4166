import { goProgram } from '../go-program.ts';

const source = (modfile: string) => ({
  folder: import.meta.dirname,
  modfile,
  sources: [modfile, modfile.replace(/mod$/, 'sum'), 'main.go', 'messages.go'],
});

/** With the gRPC of today. */
export const agent = goProgram({ name: 'mini-collector-agent', ...source('go.mod') });
/** With a gRPC of 2018, as agents have that nobody has built since. */
export const oldAgent = goProgram({ name: 'mini-collector-agent-old', ...source('go.old.mod') });
