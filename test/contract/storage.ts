/** What every storage does, whatever it is made of. */

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { MillraceError } from "../../src/base/error.ts";
import type { Storage } from "../../src/storage/storage.ts";

export interface StorageUnderTest {
  readonly storage: Storage;
  close(): Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** Runs the list; `open` gives an empty storage for each test. */
export function testStorage(name: string, open: () => Promise<StorageUnderTest>): void {
  const check = (title: string, body: (storage: Storage) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const { storage, close } = await open();
      try {
        await body(storage);
      } finally {
        await close();
      }
    });
  const text = async (storage: Storage, path: string) =>
    new TextDecoder().decode(await storage.read(path));
  const list = async (storage: Storage, folder: string, after?: string) => {
    const options = after === undefined ? {} : { after };
    return (await Array.fromAsync(storage.list(folder, options))).map(({ path }) => path);
  };
  const codeIs = (code: string) => (error: unknown) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code);
    return true;
  };

  check("a created file reads back whole", async (storage) => {
    assert.equal(await storage.create("a/b/c.json", bytes("héllo")), true);
    assert.equal(await text(storage, "a/b/c.json"), "héllo");
  });

  check("creating where a file stands returns false and changes nothing", async (storage) => {
    await storage.create("a", bytes("first"));
    assert.equal(await storage.create("a", bytes("second")), false);
    assert.equal(await text(storage, "a"), "first");
    assert.deepEqual(await list(storage, ""), ["a"]);
  });

  check(
    "of many who create one file at once exactly one wins, and its bytes stay",
    async (storage) => {
      const racers = Array.from({ length: 20 }, (_, index) => index);
      const won = await Promise.all(
        racers.map((index) => storage.create("log/0", bytes(`${index}`))),
      );
      assert.equal(won.filter(Boolean).length, 1);
      assert.equal(await text(storage, "log/0"), String(won.indexOf(true)));
      assert.deepEqual(await list(storage, ""), ["log/0"]);
    },
  );

  check("replacing gives the new bytes, whether or not there were old ones", async (storage) => {
    await storage.replace("x/hint", bytes("old"));
    await storage.replace("x/hint", bytes("new"));
    assert.equal(await text(storage, "x/hint"), "new");
    assert.deepEqual(await list(storage, "x"), ["x/hint"]);
  });

  check("reading what is not there is storage/not-found", async (storage) => {
    await assert.rejects(storage.read("none/such"), codeIs("storage/not-found"));
  });

  check(
    "a listing holds all files below the folder, sorted by path, with their sizes",
    async (storage) => {
      for (const path of ["t/b", "t/a/z", "t/a.x", "t/a-b", "u/q"])
        await storage.create(path, bytes("123"));
      assert.deepEqual(await list(storage, "t"), ["t/a-b", "t/a.x", "t/a/z", "t/b"]);
      for await (const file of storage.list("t")) {
        assert.equal(file.sizeBytes, 3);
        assert.ok(file.modified instanceof Date);
      }
      assert.deepEqual(await list(storage, "missing"), []);
    },
  );

  check("a listing after a path holds only greater ones", async (storage) => {
    for (const path of ["l/1", "l/2", "l/2/x".replace("2/x", "2x/y"), "l/3/a", "l/3/b"])
      await storage.create(path, bytes(""));
    assert.deepEqual(await list(storage, "l", "l/2"), ["l/2x/y", "l/3/a", "l/3/b"]);
    assert.deepEqual(await list(storage, "l", "l/3/a"), ["l/3/b"]);
    assert.deepEqual(await list(storage, "l", "l/9"), []);
  });

  check("a listing goes on behind a name that is no file", async (storage) => {
    for (const path of ["l/10", "l/20", "l/30"]) await storage.create(path, bytes(""));
    assert.deepEqual(await list(storage, "l", "l/15"), ["l/20", "l/30"]);
    assert.deepEqual(await list(storage, "", "l/25"), ["l/30"]);
  });

  check("an empty file is a file", async (storage) => {
    await storage.create("empty", bytes(""));
    assert.equal((await storage.read("empty")).length, 0);
    assert.equal((await readFile(await storage.localPath("empty"))).length, 0);
    assert.equal(await storage.create("empty", bytes("")), false);
  });

  check("the folders in a folder are listed by name, without what is in them", async (storage) => {
    for (const path of ["b/x/1", "b/x/2/3", "b/a b/1", "b/file", "c/1"])
      await storage.create(path, bytes(""));
    assert.deepEqual(await storage.listFolders("b"), ["a b", "x"]);
    assert.deepEqual(await storage.listFolders(""), ["b", "c"]);
    assert.deepEqual(await storage.listFolders("none"), []);
    await (await storage.openStaging()).close();
    assert.deepEqual(await storage.listFolders(""), ["b", "c"]);
  });

  check("many files are removed at once, whether or not all are there", async (storage) => {
    const paths = Array.from({ length: 25 }, (_, index) => `many/${index} & <more>`);
    for (const path of paths) await storage.create(path, bytes("x"));
    await storage.create("many/kept", bytes("x"));
    await storage.removeMany([...paths, "many/never"]);
    await storage.removeMany([]);
    assert.deepEqual(await list(storage, ""), ["many/kept"]);
    await assert.rejects(storage.removeMany(["../x"]), codeIs("storage/bad-path"));
  });

  check(
    "a folder whose last file was removed with others is gone, and can be written to again",
    async (storage) => {
      const paths = ["t/k=1/a", "t/k=1/b", "t/k=2/in/c"];
      for (const path of [...paths, "t/log/d"]) await storage.create(path, bytes("x"));
      await storage.removeMany(paths);
      assert.deepEqual(await storage.listFolders("t"), ["log"]);
      await storage.create("t/k=1/a", bytes("x"));
      assert.deepEqual(await storage.listFolders("t"), ["k=1", "log"]);
    },
  );

  check("a removed file is gone, and removing it again is no failure", async (storage) => {
    await storage.create("a/b", bytes("x"));
    await storage.remove("a/b");
    await storage.remove("a/b");
    await assert.rejects(storage.read("a/b"), codeIs("storage/not-found"));
  });

  check(
    "a staged file is taken over under its new path and leaves the staging folder",
    async (storage) => {
      const staging = await storage.openStaging();
      const staged = join(staging.folder, "part.bin");
      await writeFile(staged, "content");
      await storage.adopt(staged, "t/p=1/part.bin");
      assert.equal(existsSync(staged), false);
      assert.equal(await text(storage, "t/p=1/part.bin"), "content");
      assert.equal(await readFile(await storage.localPath("t/p=1/part.bin"), "utf8"), "content");
      await staging.close();
      assert.equal(existsSync(staging.folder), false);
    },
  );

  check("a file of several megabytes is taken over and read back bit by bit", async (storage) => {
    const content = randomBytes(5 * 1024 * 1024 + 17);
    const staging = await storage.openStaging();
    const path = `t/${randomUUID()}.parquet`;
    await writeFile(join(staging.folder, "part"), content);
    await storage.adopt(join(staging.folder, "part"), path);
    await staging.close();
    assert.equal(content.equals(await storage.read(path)), true);
    assert.equal(content.equals(await readFile(await storage.localPath(path))), true);
    const [file] = await Array.fromAsync(storage.list("t"));
    assert.equal(file?.sizeBytes, content.length);
  });

  check("of many who adopt one path at once exactly one wins", async (storage) => {
    const staging = await storage.openStaging();
    const racers = Array.from({ length: 6 }, (_, index) => join(staging.folder, String(index)));
    for (const file of racers) await writeFile(file, file);
    const ends = await Promise.allSettled(racers.map((file) => storage.adopt(file, "t/one")));
    const won = racers.filter((_, index) => ends[index]?.status === "fulfilled");
    assert.equal(won.length, 1);
    assert.equal(await text(storage, "t/one"), won[0]);
    await staging.close();
  });

  check("a replaced file is read anew where it is asked for again", async (storage) => {
    await storage.replace("x/hint", bytes("old"));
    const work = storage.forWork();
    assert.equal(await readFile(await work.localPath("x/hint"), "utf8"), "old");
    await work.close();
    await storage.replace("x/hint", bytes("new"));
    const later = storage.forWork();
    assert.equal(await readFile(await later.localPath("x/hint"), "utf8"), "new");
    await later.close();
  });

  check("what is asked of a piece of work is done to the storage", async (storage) => {
    const work = storage.forWork(new AbortController().signal);
    await work.create("a", bytes("x"));
    await work.close();
    assert.equal(await text(storage, "a"), "x");
    assert.equal(work.uri, storage.uri);
  });

  check("adopting never replaces a file", async (storage) => {
    await storage.create("t/part", bytes("held"));
    const staging = await storage.openStaging();
    const staged = join(staging.folder, "part");
    await writeFile(staged, "other");
    await assert.rejects(storage.adopt(staged, "t/part"), codeIs("storage/exists"));
    assert.equal(await text(storage, "t/part"), "held");
    await staging.close();
  });

  check("staging is never listed", async (storage) => {
    const staging = await storage.openStaging();
    await writeFile(join(staging.folder, "part"), "x");
    assert.deepEqual(await list(storage, ""), []);
    await staging.close();
  });

  check("paths that leave the root are refused", async (storage) => {
    for (const path of ["../x", "a/../../x", "/etc/passwd", "a\0b"]) {
      await assert.rejects(async () => storage.read(path), codeIs("storage/bad-path"));
      await assert.rejects(async () => storage.create(path, bytes("")), codeIs("storage/bad-path"));
      await assert.rejects(async () => storage.localPath(path), codeIs("storage/bad-path"));
      await assert.rejects(async () => list(storage, path), codeIs("storage/bad-path"));
      await assert.rejects(async () => storage.listFolders(path), codeIs("storage/bad-path"));
      await assert.rejects(async () => storage.remove(path), codeIs("storage/bad-path"));
    }
  });

  check(
    "names with blanks, percent signs, equal signs and other alphabets are kept",
    async (storage) => {
      const path = "t/k=a b%2F#ü/ß 文.parquet";
      await storage.create(path, bytes("x"));
      assert.deepEqual(await list(storage, "t"), [path]);
      assert.equal(await text(storage, path), "x");
    },
  );
}
