/** The real object store passes the list of tests that every storage passes. */

import { testStorage } from "../../test/contract/storage.ts";
import { openPlace } from "./place.ts";

testStorage("the object store", async () => openPlace());
testStorage("the object store with pieces of five megabytes", async () =>
  openPlace({ pieceBytes: 5 * 1024 * 1024 }),
);
