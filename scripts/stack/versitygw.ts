/** versitygw, an object store that speaks S3 and honours conditional writes, over a folder of this machine. */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { S3 } from "@aws-sdk/client-s3";
import { installOnce } from "./install.ts";
import type { Part } from "./part.ts";

const VERSION = "v1.8.0";
const START_MS = 20_000;

/** The bucket that is there from the start. */
export const BUCKET = "millrace";

export interface Server {
  readonly endpoint: string;
  /** Ends it at once, as a loss of power to its process would. */
  kill(): Promise<void>;
}

/** What the tests of object stores need; `env` holds what every S3 client looks for. */
export const versitygw: Part = {
  tests: "test-stack/s3/**/*.test.ts",
  async start() {
    const binary = await installVersitygw();
    const folder = await mkdtemp(join(tmpdir(), "millrace-versitygw-"));
    const secret = randomBytes(18).toString("hex");
    const server = await startServer(binary, { folder, secret });
    const env = environmentOf(server.endpoint, secret);
    await createBucket(server.endpoint, secret);
    return {
      env: { ...env, MILLRACE_STACK_VERSITYGW: binary },
      async stop() {
        await server.kill();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Serves the folder, which may hold what another server left; on the port of that one if it is told. */
export async function startServer(
  binary: string,
  { folder, secret, port }: { folder: string; secret: string; port?: number },
): Promise<Server> {
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  const address = `127.0.0.1:${port ?? (await freePort())}`;
  const log = join(folder, "log");
  const output = await open(log, "a");
  const options = ["--port", address, "--quiet", "--keep-alive", "posix", data];
  // The shell ends the server when its input ends: a parent that is killed leaves none behind.
  const child = spawn("sh", ["-c", UNTIL_INPUT_ENDS, "sh", binary, ...options], {
    env: { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: secret },
    stdio: ["pipe", output.fd, output.fd],
  });
  await output.close();
  const kill = async (): Promise<void> => {
    const ended = once(child, "exit");
    child.stdin?.end();
    if (child.exitCode === null && child.signalCode === null) await ended;
  };
  const endpoint = `http://${address}`;
  if (await answers(endpoint, child)) return { endpoint, kill };
  await kill();
  throw new Error(`versitygw does not answer\n${await readFile(log, "utf8")}`);
}

function environmentOf(endpoint: string, secret: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_REGION: "us-east-1",
  };
}

export async function createBucket(endpoint: string, secret: string): Promise<void> {
  const credentials = { accessKeyId: ACCESS_KEY, secretAccessKey: secret };
  const client = new S3({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
  await client.createBucket({ Bucket: BUCKET });
  client.destroy();
}

const ACCESS_KEY = "millrace";
const UNTIL_INPUT_ENDS = '"$@" & server=$!; cat > /dev/null; kill -9 $server; wait $server';

/** Built from the Go module proxy: there is no binary in any registry. */
async function installVersitygw(): Promise<string> {
  const folder = await installOnce({
    name: "versitygw",
    versions: VERSION,
    install: (into, run) =>
      run("env", [
        `GOBIN=${into}`,
        "CGO_ENABLED=0",
        "GOFLAGS=-p=2 -buildvcs=false",
        "nice",
        findGo(),
        "install",
        `github.com/versity/versitygw/cmd/versitygw@${VERSION}`,
      ]),
  });
  return join(folder, "versitygw");
}

/** Go's own installer and Debian's packages leave it beside the folders that are always searched. */
function findGo(): string {
  const places = ["/usr/local/go/bin/go", "/usr/lib/go/bin/go"];
  const isKnown = (process.env.PATH ?? "")
    .split(delimiter)
    .some((at) => existsSync(join(at, "go")));
  const go = isKnown ? "go" : places.find((place) => existsSync(place));
  if (go !== undefined) return go;
  throw new Error("versitygw is built with Go: install version 1.25 or newer.");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function answers(endpoint: string, child: ChildProcess): Promise<boolean> {
  const until = Date.now() + START_MS;
  while (Date.now() < until && child.exitCode === null) {
    // It wants a signature and says so.
    const status = await fetch(endpoint).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 403) return true;
    await setTimeout(50);
  }
  return false;
}
