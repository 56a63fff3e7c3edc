/** A process that runs the flow in a folder and kills itself when it passes a crash point for the n-th time. */

import { sandboxIn } from "../run/sandbox.ts";
import { flow } from "./flow.ts";

const [folder = "", point = "", nth = "1", mode = ""] = process.argv.slice(2);

let left = Number(nth);
process.stdout.write("begun\n");
await flow(sandboxIn(folder), {
  mayLose: mode === "lose",
  crash: (here) => {
    if (here !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  },
});
