/**
 * Completes package-lock.json after `npm install`: npm leaves out the packages of other platforms that
 * the registry at hand could not give, and `npm ci` then refuses the lock (npm/cli issue 9846).
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ version?: string, cpu?: string[], dev?: boolean, libc?: string[], optional?: boolean, os?: string[], optionalDependencies?: Record<string, string> }} Entry
 * @typedef {Record<string, Entry>} Entries Keyed by folder, as in the lock's `packages`.
 */

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = [
  "arm",
  "arm64",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

/**
 * The entries that the lock should have and does not: optional packages pinned to one version, for a
 * platform that their name tells. npm asks the registry for them by version where the platform fits.
 * @param {Entries} packages
 * @returns {Entries}
 */
export function missingEntries(packages) {
  /** @type {Entries} */
  const missing = {};
  for (const [folder, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (packages[`${folder}/node_modules/${name}`] ?? packages[`node_modules/${name}`]) continue;
      if (!/^\d+\.\d+\.\d+/.test(version)) {
        throw new Error(
          `${folder} asks for ${name}@${version}, which is no single version; add it by hand`,
        );
      }
      const { os, cpu, libc } = platformOf(name);
      // In npm's own order of keys, so that its next run changes nothing.
      missing[`node_modules/${name}`] = {
        version,
        cpu,
        ...(entry.dev ? { dev: true } : {}),
        ...(libc ? { libc } : {}),
        optional: true,
        os,
      };
    }
  }
  return missing;
}

/** @param {string} name */
function platformOf(name) {
  const words = name.split(/[^a-z0-9]+/i);
  const system = words.find((word) => SYSTEMS.includes(word));
  const processor = words.find((word) => PROCESSORS.includes(word));
  if (!system || !processor) throw new Error(`The name ${name} tells no platform; add it by hand`);
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : undefined;
  return { os: [system], cpu: [processor], libc };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL("../package-lock.json", import.meta.url);
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const missing = missingEntries(lock.packages);
  const entries = Object.entries({ ...lock.packages, ...missing });
  lock.packages = Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(
    `${Object.keys(missing).length} platform packages added to package-lock.json\n`,
  );
}
