import type { Commands, OfferedCommand } from '../component.ts';
import { readConfig } from '../config/read.ts';
import { suggest } from '../config/suggest.ts';
import type { CommandDeclarations } from '../definition.ts';
import { PermanentError } from '../errors.ts';
import type { Node } from './node.ts';

/** What can be asked of these receivers, of those that have any commands. */
export function commandsOf(running: () => readonly Node[]): Commands {
  const receivers = (): readonly Node[] => running().filter(offersAny);
  return {
    list: () => receivers().flatMap(offered),
    async call({ receiver, command, arguments: given, signal }) {
      const known = receivers();
      const node = known.find(({ id }) => id === receiver);
      if (!node)
        throw unknown(
          `"${receiver}" is no receiver that can be asked`,
          receiver,
          known.map(({ id }) => id),
        );
      const declared = declaredBy(node);
      const declaration = Object.hasOwn(declared, command) ? declared[command] : undefined;
      if (!declaration) throw unknown(`"${command}" is no command of ${receiver}`, command, Object.keys(declared));
      const reading = readConfig(declaration.arguments ?? { properties: {} }, given);
      if ('problems' in reading)
        throw new PermanentError(
          `${receiver} ${command}: ${reading.problems.map(({ message }) => message).join('; ')}`,
        );
      return node.component.command!({ name: command, arguments: reading.config, signal });
    },
  };
}

const declaredBy = ({ configured: { definition } }: Node): CommandDeclarations =>
  ('commands' in definition && definition.commands) || {};

const offersAny = (node: Node): boolean =>
  node.component.command !== undefined && Object.keys(declaredBy(node)).length > 0;

const offered = (node: Node): readonly OfferedCommand[] =>
  Object.entries(declaredBy(node)).map(([name, declaration]) => ({ ...declaration, receiver: node.id, name }));

function unknown(what: string, word: string, known: readonly string[]): PermanentError {
  const said = known.length > 0 ? suggest(word, known, 'There are') : 'There are none';
  return new PermanentError(`${what}. ${said[0]!.toUpperCase()}${said.slice(1)}.`);
}
