/** Vitest's global setup: the tests run on the Node.js that package.json pins, or not at all. */
export default function setup(): void {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 24)
    throw new Error(`The tests need Node.js 24, this is ${process.versions.node}: start them with \`npm test\`.`);
}
