/** Storage on S3: the contract on a store that works, on one that fails all the time, and what each failure leads to. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { MillraceError } from "../../src/base/error.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { testStorage } from "../contract/storage.ts";
import { type Asked, type Fault, SECRET_KEY } from "./s3-double.ts";
import { openS3Place, type S3Place } from "./s3-place.ts";
import { seed, seededRandom } from "./seed.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = async (storage: Storage, path: string) =>
  new TextDecoder().decode(await storage.read(path));
const MIB = 1024 * 1024;

testStorage("S3", () => openS3Place());
testStorage("S3 with pages of two keys and pieces of one megabyte", () =>
  openS3Place({ double: { pageKeys: 2 }, storage: { pieceBytes: MIB } }),
);
testStorage("S3 with a clock that is an hour ahead", () =>
  openS3Place({ double: { clockAheadMs: 3_600_000 } }),
);

/**
 * What may go wrong with any request, and with those whose answer has a body. A write that is done long after it was
 * given up may come after a removal, so tests of their own are about it.
 */
const ANYWHERE: readonly Fault[] = ["500", "503", "reset", "done then reset", "done then 500"];
const IN_BODIES: readonly Fault[] = ["cut body", "slow body"];

testStorage(`S3 with every third request going wrong (seed ${seed})`, async () => {
  // So many tries that a test never fails by bad luck alone.
  const place = await openS3Place({ storage: { pieceBytes: MIB, attempts: 30 } });
  const random = seededRandom(seed);
  place.double.breakBy(({ what }) => {
    if (random() > 1 / 3) return undefined;
    const isRead = what.startsWith("GET");
    const isConditional = what === "PUT" || what === "POST complete";
    const faults = [...ANYWHERE, ...(isRead ? IN_BODIES : []), ...(isConditional ? ["409"] : [])];
    return faults[Math.floor(random() * faults.length)] as Fault;
  });
  return place;
});

function on(
  title: string,
  body: (place: S3Place) => Promise<void>,
  how?: Parameters<typeof openS3Place>[0],
): void {
  test(title, async () => {
    const place = await openS3Place(how);
    try {
      await body(place);
    } finally {
      await place.close();
    }
  });
}

const isCommit = ({ what, key }: Asked): boolean => what === "PUT" && key.endsWith("t/0.json");

for (const fault of [
  "done then reset",
  "done then 500",
  "reset",
  "409",
  "503",
  "reset then done",
] as const) {
  on(
    `a commit whose first request meets "${fault}" is made once, and its writer knows`,
    async ({ double, storage }) => {
      double.breakNext([fault], isCommit);
      assert.equal(await storage.create("t/0.json", bytes("ours")), true);
      assert.equal(await storage.create("t/0.json", bytes("theirs")), false);
      assert.equal(await text(storage, "t/0.json"), "ours");
    },
  );

  on(
    `a commit that comes second knows it, though its request meets "${fault}"`,
    async ({ double, storage }) => {
      await storage.create("t/0.json", bytes("theirs"));
      double.breakNext([fault, fault, fault], isCommit);
      assert.equal(await storage.create("t/0.json", bytes("ours")), false);
      assert.equal(await text(storage, "t/0.json"), "theirs");
    },
  );
}

on("a commit that never gets an answer and is found there is ours", async ({ double, storage }) => {
  await storage.create("before", bytes(""));
  double.breakBy((asked) => (isCommit(asked) ? "done then reset" : undefined));
  assert.equal(await storage.create("t/0.json", bytes("ours")), true);
});

on(
  "a commit that gets no answer at all fails, and may be tried again",
  async ({ double, storage }) => {
    await storage.create("before", bytes(""));
    double.breakBy(() => "reset");
    await assert.rejects(
      storage.create("t/0.json", bytes("ours")),
      refused("storage/unreachable", true),
    );
    double.breakBy(() => undefined);
    assert.equal(await storage.create("t/0.json", bytes("ours")), true);
  },
  { storage: { attempts: 3 } },
);

on(
  "a store that asks to come back later is waited for, and in the end told of",
  async ({ double, storage }) => {
    await storage.create("a", bytes("x"));
    double.breakNext(["503", "503", "503"]);
    assert.equal(await text(storage, "a"), "x");
    double.breakBy(() => "503");
    await assert.rejects(storage.read("a"), refused("storage/busy", true));
  },
  { storage: { attempts: 5 } },
);

on(
  "a store that is silent is asked again",
  async ({ double, storage }) => {
    await storage.create("a", bytes("x"));
    double.breakNext(["silence"]);
    assert.equal(await text(storage, "a"), "x");
  },
  { storage: { silenceMs: 100 } },
);

for (const fault of [
  "cut body",
  "short body",
  "flipped body",
  "slow body",
  "stalled body",
] as const) {
  on(
    `a file whose answer has a ${fault} is read whole and right in the end`,
    async ({ double, storage, another }) => {
      const content = randomBytes(300_000);
      await storage.create("plain", content);
      const faulty = another();
      double.breakNext([fault, fault], ({ what, key }) => what === "GET" && key.endsWith("plain"));
      assert.equal(content.equals(await faulty.read("plain")), true);
      double.breakNext([fault, fault], ({ what, key }) => what === "GET" && key.endsWith("plain"));
      assert.equal(content.equals(readFileSync(await faulty.localPath("plain"))), true);
    },
  );
}

on(
  "a file that is damaged in the store is refused, and no copy of it is kept",
  async ({ double, storage, cacheFolder }) => {
    await storage.create("plain", bytes("content"));
    double.breakBy(({ what, key }) =>
      what === "GET" && key.endsWith("plain") ? "flipped body" : undefined,
    );
    await assert.rejects(storage.localPath("plain"), refused("storage/damaged", true));
    assert.equal(existsSync(join(cacheFolder, "objects")), false);
  },
  { storage: { attempts: 2 } },
);

on(
  "a large file travels in pieces, several at once, whatever befalls them",
  async ({ double, storage, another }) => {
    const content = randomBytes(10 * MIB + 5);
    const staging = await storage.openStaging();
    writeFileSync(join(staging.folder, "large"), content);
    await storage.create("before", bytes(""));
    const faults: Fault[] = ["503", "done then reset", "reset"];
    double.breakNext(faults, ({ what }) => what === "PUT part" || what === "POST complete");
    await storage.adopt(join(staging.folder, "large"), "large");
    await staging.close();
    const parts = double.asked.filter(({ what }) => what === "PUT part").length;
    assert.ok(parts >= 11, `${parts} requests for parts`);
    const reader = another();
    double.breakNext(["503", "cut body", "slow body", "reset"], ({ what }) => what === "GET");
    assert.equal(content.equals(readFileSync(await reader.localPath("large"))), true);
  },
  { storage: { pieceBytes: MIB } },
);

on(
  "a failure that hides behind a good status is one",
  async ({ double, storage }) => {
    const staging = await storage.openStaging();
    writeFileSync(join(staging.folder, "large"), randomBytes(3 * MIB));
    double.breakNext(["hidden 500", "hidden 500"], ({ what }) => what === "POST complete");
    await storage.adopt(join(staging.folder, "large"), "large");
    assert.equal((await storage.read("large")).length, 3 * MIB);
    await staging.close();
  },
  { storage: { pieceBytes: MIB } },
);

on("a region that nobody told is named as the reason", async ({ cacheFolder }) => {
  const before = { ...process.env };
  for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3"])
    delete process.env[name];
  process.env.AWS_CONFIG_FILE = join(cacheFolder, "none");
  const { s3Storage } = await import("../../src/storage/s3/open.ts");
  const storage = s3Storage({ bucket: "some", prefix: "" }, { cacheFolder });
  await assert.rejects(storage.read("a"), refused("storage/wrong-region", false));
  await storage.close();
  process.env = before;
});

on(
  "a folder for copies that cannot be one is named as the reason",
  async ({ storage, another, cacheFolder }) => {
    await storage.create("a", bytes("x"));
    const file = join(cacheFolder, "file");
    writeFileSync(file, "");
    const other = another({ cacheFolder: file });
    await assert.rejects(other.localPath("a"), refused("storage/not-a-folder", false));
    await assert.rejects(other.openStaging(), refused("storage/not-a-folder", false));
  },
);

on(
  "an upload in parts that was finished, but for the answer, is not another's",
  async ({ double, storage }) => {
    const staging = await storage.openStaging();
    writeFileSync(join(staging.folder, "large"), randomBytes(3 * MIB));
    double.breakNext(["done then reset"], ({ what }) => what === "POST complete");
    await storage.adopt(join(staging.folder, "large"), "large");
    assert.equal(existsSync(join(staging.folder, "large")), false);
    await staging.close();
  },
  { storage: { pieceBytes: MIB } },
);

on(
  "an upload that fails leaves no parts behind, and the local file stays",
  async ({ double, storage }) => {
    const staging = await storage.openStaging();
    const file = join(staging.folder, "large");
    writeFileSync(file, randomBytes(5 * MIB));
    await storage.create("before", bytes(""));
    let parts = 0;
    double.breakBy(({ what }) => {
      if (what !== "PUT part") return undefined;
      parts += 1;
      return parts > 2 ? "500" : undefined;
    });
    await assert.rejects(storage.adopt(file, "large"), refused("storage/unreachable", true));
    assert.equal(existsSync(file), true);
    assert.equal(double.openUploads, 0);
    assert.equal(
      double.keys.some((key) => key.endsWith("large")),
      false,
    );
    await staging.close();
  },
  { storage: { pieceBytes: MIB, attempts: 2 } },
);

on(
  "work that is stopped ends its transfers at once and leaves nothing behind",
  async ({ double, storage }) => {
    const staging = await storage.openStaging();
    const file = join(staging.folder, "large");
    writeFileSync(file, randomBytes(5 * MIB));
    await storage.create("before", bytes("x"));
    const stop = new AbortController();
    const work = storage.forWork(stop.signal);
    const reason = new Error("stopped");
    double.breakBy(({ what }) => {
      if (what !== "PUT part" && what !== "GET") return undefined;
      setImmediate(() => stop.abort(reason));
      return "silence";
    });
    await assert.rejects(work.adopt(file, "large"), reason);
    await assert.rejects(work.localPath("before"), reason);
    await assert.rejects(work.read("before"), reason);
    await assert.rejects(work.create("t/0.json", bytes("x")), reason);
    double.breakBy(() => undefined);
    await work.close();
    assert.equal(double.openUploads, 0);
    await staging.close();
  },
  { storage: { pieceBytes: MIB, silenceMs: 60_000 } },
);

on(
  "a commit under way is finished though its work is stopped meanwhile",
  async ({ double, storage }) => {
    await storage.create("before", bytes(""));
    const stop = new AbortController();
    double.breakBy((asked) => {
      if (!isCommit(asked) || stop.signal.aborted) return undefined;
      stop.abort(new Error("stopped"));
      return "503";
    });
    assert.equal(await storage.forWork(stop.signal).create("t/0.json", bytes("x")), true);
  },
);

for (const condition of ["ignored", "racy", "not implemented"] as const) {
  on(
    `a store where conditional writes are ${condition} is refused at the first write, and may be read`,
    async ({ double, storage }) => {
      await assert.rejects(
        storage.create("t/0.json", bytes("x")),
        refused("storage/no-atomic-create", false),
      );
      await assert.rejects(
        storage.replace("hint", bytes("x")),
        refused("storage/no-atomic-create", false),
      );
      assert.deepEqual(await Array.fromAsync(storage.list("")), []);
      assert.deepEqual(double.keys, []);
    },
    { double: { condition } },
  );
}

on(
  "a store is tried once for a lake, and not by those who only read",
  async ({ double, storage, another }) => {
    await storage.read("none").catch(() => {});
    await storage.create("a", bytes("x"));
    await storage.create("b", bytes("x"));
    const probes = () =>
      double.asked.filter(({ what, key }) => what === "PUT" && key.includes("probe"));
    assert.equal(probes().length, 9);
    await another().create("c", bytes("x"));
    assert.equal(probes().length, 9);
    assert.deepEqual(double.keys, [
      "some/lake/.millrace/conditional-writes.json",
      "some/lake/a",
      "some/lake/b",
      "some/lake/c",
    ]);
  },
);

on(
  "secrets stand in no error, not even in what is shown to mend it",
  async ({ double, storage, another }) => {
    double.breakBy(() => "500");
    const errors = await Promise.all([
      storage.read("a").catch((error: unknown) => error),
      storage.create("a", bytes("x")).catch((error: unknown) => error),
      another({ attempts: 1 })
        .localPath("a")
        .catch((error: unknown) => error),
    ]);
    for (const error of errors) {
      assert.ok(error instanceof MillraceError);
      const shown = inspect(error, { depth: 20, showHidden: true, getters: true });
      assert.equal(shown.includes(SECRET_KEY) || shown.includes("Signature="), false, shown);
    }
  },
  { storage: { attempts: 2 } },
);

on("credentials that the store does not know are named as the reason", async ({ storage }) => {
  process.env.AWS_ACCESS_KEY_ID = "somebody-else";
  await assert.rejects(storage.read("a"), refused("storage/bad-credentials", false));
});

on("a bucket that is not there is named as the reason", async ({ double, another }) => {
  const storage = another();
  assert.equal(storage.uri, "s3://double/some/lake");
  const { s3Storage } = await import("../../src/storage/s3/open.ts");
  const elsewhere = s3Storage({ bucket: "nobodys", prefix: "" }, { endpoint: double.endpoint });
  await assert.rejects(elsewhere.read("a"), refused("storage/no-bucket", false));
  await assert.rejects(Array.fromAsync(elsewhere.list("")), refused("storage/no-bucket", false));
  await elsewhere.close();
});

on("an endpoint where nobody listens is named as the reason", async ({ another }) => {
  const storage = another({ endpoint: "http://127.0.0.1:1", attempts: 2 });
  await assert.rejects(storage.read("a"), refused("storage/unreachable", true));
});

on(
  "a listing of more pages than one costs a request for each, and none beyond what is taken",
  async ({ double, storage }) => {
    for (let index = 0; index < 9; index += 1) await storage.create(`l/${index}`, bytes(""));
    const before = double.asked.length;
    for await (const { path } of storage.list("l")) if (path === "l/3") break;
    assert.equal(double.asked.length - before, 2);
  },
  { double: { pageKeys: 2 } },
);

on("a thousand files are removed by a request", async ({ double, storage }) => {
  await storage.create("before", bytes(""));
  const before = double.asked.length;
  await storage.removeMany(Array.from({ length: 2500 }, (_, index) => `gone/${index}`));
  assert.deepEqual(
    double.asked.slice(before).map(({ what }) => what),
    ["POST delete", "POST delete", "POST delete"],
  );
});

function refused(code: string, retryable: boolean) {
  return (error: unknown): true => {
    assert.ok(error instanceof MillraceError, inspect(error));
    assert.deepEqual({ code: error.code, retryable: error.retryable }, { code, retryable });
    assert.ok(error.hint);
    return true;
  };
}
