/** Tests of the pages: their commands run, their TypeScript compiles, their links lead somewhere. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import * as door from "../../src/index.ts";
import { ACCESS_KEY, openS3Double, type S3Double, SECRET_KEY } from "../storage/s3-double.ts";
import { anchorsOf, type Block, linksOf, type Page, ROOT, readPages } from "./page.ts";

/** Commands that are not run, by the page and how their block begins. */
const NOT_RUN: readonly (readonly [page: string, begins: string, why: string])[] = [
  ["README.md", "npm start", "it installs, and the tests of scripts/ run it"],
  ["CONTRIBUTING.md", "git clone", "it fetches, installs, and runs these very tests"],
  ["CONTRIBUTING.md", "npm install", "it needs a package registry"],
  ["CONTRIBUTING.md", "node scripts/fresh-check.mjs", "it installs from a package registry"],
  ["docs/how-to/query-with-other-tools.md", "pip install", "it needs Python packages"],
  ["docs/how-to/query-with-other-tools.md", "pyspark", "it needs Spark"],
  ["docs/reference/benchmarks.md", "npm run bench", "a measurement needs the machine to itself"],
];

/** TypeScript that is not compiled. */
const NOT_COMPILED: readonly (readonly [page: string, begins: string, why: string])[] = [
  ["docs/tutorial/first-project.md", "", "it quotes what init makes, which test/setup compiles"],
  ["docs/tutorial/memberships.md", "", "it quotes a project that is compiled as it stands"],
];

const pages = readPages();
let place = "";
/** The store that the pages call my-bucket. */
let double: S3Double | undefined;

before(async () => {
  place = await mkdtemp(join(tmpdir(), "millrace-docs-"));
  const bin = join(place, "bin");
  await mkdir(bin);
  const shims = {
    millrace: `exec '${process.execPath}' '${join(ROOT, "bin", "millrace")}' "$@"`,
    // A page says npx, which would look for the package; here the command of the checkout is meant.
    npx: '[ "$1" = millrace ] || exit 127; exec "$@"',
  };
  for (const [name, line] of Object.entries(shims)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(bin, name), 0o755);
  }
});

after(() => rm(place, { recursive: true, force: true }));

describe("every command of the pages ends well", { concurrency: 4 }, () => {
  // Not for the whole file: where none of its tests is asked for, the server would keep the process alive.
  before(async () => {
    double = await openS3Double({ bucket: "my-bucket" });
  });
  after(() => double?.close());

  for (const page of pages) {
    const blocks = page.blocks.filter(
      (one) => one.language === "sh" && !isListed(NOT_RUN, page, one),
    );
    if (blocks.length === 0) continue;
    test(page.path, async () => {
      const folder = join(place, page.path.replaceAll("/", "_"));
      await mkdir(folder);
      await copyCheckout(folder);
      const script = blocks
        .map(({ line, text }) => `echo "> ${page.path}:${line}" >&2\n${text}`)
        .join("");
      await runScript(script, folder);
    });
  }
});

test("TypeScript in the pages compiles", async () => {
  const folder = join(place, "typescript");
  await mkdir(folder);
  for (const page of pages) {
    for (const block of page.blocks.filter((one) => !isListed(NOT_COMPILED, page, one))) {
      const text = block.language === "ts" ? withImports(block.text) : projectIn(block);
      if (text === undefined) continue;
      const name = `${page.path.replaceAll(/[/.]/g, "_")}-line-${block.line}.ts`;
      await writeFile(join(folder, name), text);
    }
  }
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noUnusedLocals: false,
      typeRoots: [join(ROOT, "node_modules", "@types")],
      paths: { millrace: [join(ROOT, "src", "index.ts")] },
    },
    include: ["*.ts"],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  await run(process.execPath, [compiler, "-p", folder], folder);
});

test("links between pages lead somewhere", () => {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  for (const page of pages) {
    for (const { file, anchor } of linksOf(page)) {
      assert.ok(existsSync(join(ROOT, file)), `${page.path} links to ${file}, which is not there`);
      const target = byPath.get(file);
      if (anchor === "" || target === undefined) continue;
      const known = anchorsOf(target);
      assert.ok(known.includes(anchor), `${page.path} links to ${file}#${anchor}; it has ${known}`);
    }
  }
});

test("every page is linked from another", () => {
  const linked = new Set(
    pages.flatMap((page) =>
      linksOf(page)
        .map(({ file }) => file)
        .filter((file) => file !== page.path),
    ),
  );
  const lost = pages.map(({ path }) => path).filter((path) => !linked.has(path));
  assert.deepEqual(
    lost.filter((path) => path !== "README.md"),
    [],
  );
});

test("every exception of these tests is about a block that is there", () => {
  for (const [path, begins] of [...NOT_RUN, ...NOT_COMPILED]) {
    const blocks = pages.find((page) => page.path === path)?.blocks ?? [];
    const isThere = blocks.some(({ text }) => text.startsWith(begins));
    assert.ok(isThere, `${path} has no block that begins with ${begins}`);
  }
});

function isListed(list: typeof NOT_RUN, { path }: Page, { text }: Block): boolean {
  return list.some(([page, begins]) => page === path && text.startsWith(begins));
}

/** What a person sees who stands in a checkout; a page that begins with an empty folder makes its own. */
async function copyCheckout(folder: string): Promise<void> {
  const isInput = (path: string): boolean => !/[/\\](out|lake)$/.test(path);
  const parts = ["examples", "src/base", "test/base", "package.json"];
  for (const part of parts) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true, filter: isInput });
  }
}

/** The project file that a block of commands writes. */
function projectIn({ text }: Block): string | undefined {
  return text.match(/^cat > millrace\.ts <<'(\w+)'\n([\s\S]*?)^\1$/m)?.[2];
}

/** A block imports what it uses, where it does not say so itself. */
function withImports(text: string): string {
  if (/^import /m.test(text)) return text;
  const used = Object.keys(door).filter(
    (name) =>
      new RegExp(`(?<![.\\w])${name}\\b(?!:)`).test(text) &&
      !new RegExp(`\\bconst ${name}\\b`).test(text),
  );
  return `import { ${used.join(", ")} } from "millrace";\n${text}\nexport {};\n`;
}

async function runScript(script: string, cwd: string): Promise<void> {
  await run("bash", ["-euo", "pipefail", "-c", script], cwd);
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const path = [join(place, "bin"), dirname(process.execPath), process.env.PATH].join(delimiter);
  // A test runner inside of a test would think that it is a part of it.
  const { NODE_TEST_CONTEXT: _, ...outside } = process.env;
  const store = {
    AWS_ENDPOINT_URL_S3: double?.endpoint ?? "",
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    MILLRACE_CACHE: join(place, "cache"),
  };
  const env = { ...outside, ...store, PATH: path, UV_THREADPOOL_SIZE: "16" };
  await promisify(execFile)(program, args, { cwd, env, maxBuffer: 1 << 26 }).catch(
    ({ stdout, stderr }: { stdout: string; stderr: string }) =>
      assert.fail(`${stdout.slice(-3000)}\n${stderr.slice(-3000)}`),
  );
}
