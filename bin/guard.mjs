/** Runs first in a child of `launch.mjs`: ends it when its parent is gone, however that died. */

/** How long an orphan may take to close in order. */
const PATIENCE_MS = 5000;

if (process.connected) {
  process.once("disconnect", () => {
    setTimeout(() => process.kill(process.pid, "SIGKILL"), PATIENCE_MS).unref();
    process.kill(process.pid, "SIGTERM");
  });
  process.channel?.unref();
}
