// Writes numbered lines to a file and rotates it, at random: by rename, while it goes on writing to the old file for a while,
// and by copy and truncate. Arguments: directory, seed, number of lines. Prints how many rotations of each kind there were.
import { closeSync, copyFileSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [directory, seed, count] = process.argv.slice(2);
let state = Number(seed);
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const path = join(directory, 'app.log');
let file = openSync(path, 'a');
let generation = 0;
let written = 0;
const rotations = { rename: 0, copy: 0 };

async function writeSome(many) {
  for (let index = 0; index < many && written < Number(count); index++) {
    const line = `${String(written++).padStart(7, '0')} ${'x'.repeat(Math.floor(random() * 120))}\n`;
    // A line that comes in two parts, with time to read the first alone.
    if (random() < 0.02) {
      const half = Math.floor(line.length / 2);
      writeSync(file, line.slice(0, half));
      await sleep(random() * 20);
      writeSync(file, line.slice(half));
    } else writeSync(file, line);
  }
}

while (written < Number(count)) {
  await writeSome(Math.floor(random() * 60));
  const choice = random();
  const rotated = `${path}.${generation}`;
  if (choice < 0.06) {
    generation++;
    rotations.rename++;
    renameSync(path, rotated);
    await writeSome(Math.floor(random() * 10));
    closeSync(file);
    file = openSync(path, 'a');
  } else if (choice < 0.12) {
    generation++;
    rotations.copy++;
    copyFileSync(path, rotated);
    ftruncateSync(file, 0);
  }
  if (random() < 0.5) await sleep(random() * 8);
}
closeSync(file);
process.stdout.write(JSON.stringify(rotations));
