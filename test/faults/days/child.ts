/** A process that runs the project of a day, and kills itself when it passes a crash point for the n-th time. */

import { runDay, sandboxAt } from "./project.ts";

const [folder = "", where = "{}", day = "1", point = "", nth = "1"] = process.argv.slice(2);

let left = Number(nth);
process.stdout.write("begun\n");
await runDay(sandboxAt({ folder, ...JSON.parse(where) }), Number(day), (here) => {
  if (here !== point) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
});
