/*
 * Runs before `npm test`: the server needs Node 20.18.1, but its tests need a newer one (Vitest 4, because of Vite 8).
 * In JavaScript without imports, so that every Node can run it.
 */

const needed = { 20: 19, 22: 12 };
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 24 && !(minor >= needed[major])) {
  console.error(
    `The tests need Node 20.19, 22.12 or 24 (or newer), because Vitest does; this is Node ${process.versions.node}. The server itself runs from Node 20.18.1 on, and "npm run build" makes it there too.`,
  );
  process.exit(1);
}
