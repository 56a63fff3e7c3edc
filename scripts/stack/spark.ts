/** Spark with Delta: the writer whose tables are the most there are. */

import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { installOnce } from "./install.ts";
import type { Part } from "./part.ts";
import { startWorker, type Worker } from "./worker.ts";

const FILES = join(import.meta.dirname, "spark");

export const spark: Part = {
  tests: "test-stack/lake/**/*.test.ts",
  async start() {
    const { socket, stop } = await startSpark(FOR_SMALL_STATEMENTS);
    return { env: { MILLRACE_STACK_SPARK: socket }, stop };
  },
};

interface Tuning {
  readonly jvm: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

/** Many statements once each: code that is worth compiling well never comes to that. */
const FOR_SMALL_STATEMENTS: Tuning = {
  jvm: ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"],
  settings: {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
  },
};

/** A worker that runs statements; tuned by nothing but its settings here unless told. */
export async function startSpark(tuning: Tuning = { jvm: [], settings: {} }): Promise<Worker> {
  const [java, jars] = [await findJava(), await installJars()];
  const settings = { ...SETTINGS, ...tuning.settings };
  const options = [
    ...JVM_OPTIONS,
    ...tuning.jvm,
    ...OPENED.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ...Object.entries(settings).map(([key, value]) => `-D${key}=${value}`),
  ];
  const program = ["-cp", `${FILES}:${jars}/*`, join(FILES, "SparkWorker.java")];
  return startWorker("spark", [java, ...options, ...program]);
}

async function installJars(): Promise<string> {
  const pom = join(FILES, "pom.xml");
  return installOnce({
    name: "spark",
    versions: await readFile(pom, "utf8"),
    install: async (folder, run) => {
      const plugin = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies";
      const options = [`-DoutputDirectory=${folder}`, "-DincludeScope=runtime"];
      await run("mvn", ["-q", "-B", "-f", pom, plugin, ...options]);
      await copyFile(pom, join(folder, "pom.xml"));
    },
  });
}

/** Spark runs on Java 17 and 21; with a newer one the first CREATE TABLE fails. */
async function findJava(): Promise<string> {
  const homes = globSync("/usr/lib/jvm/*").toSorted();
  const places = [process.env.JAVA_HOME, ...homes].filter((home) => home !== undefined);
  for (const java of [...places.map((home) => join(home, "bin", "java")), "java"]) {
    const version = await promisify(execFile)(java, ["-version"]).then(
      ({ stderr }) => /version "(\d+)/.exec(stderr)?.[1],
      () => undefined,
    );
    if (version === "17" || version === "21") return java;
  }
  throw new Error("Spark needs Java 17 or 21 (Debian: apt install openjdk-17-jdk-headless).");
}

const JVM_OPTIONS = [
  "-Xmx2g",
  "-Djdk.reflect.useDirectMethodHandle=false",
  "-Dio.netty.tryReflectionSetAccessible=true",
  "-Duser.timezone=UTC",
];

/** All of it stays in the worker's own folder and on this machine. */
const SETTINGS: Readonly<Record<string, string>> = {
  "java.io.tmpdir": ".",
  "spark.master": "local[2]",
  "spark.app.name": "millrace",
  "spark.driver.host": "127.0.0.1",
  "spark.driver.bindAddress": "127.0.0.1",
  "spark.ui.enabled": "false",
  "spark.local.dir": ".",
  "spark.sql.warehouse.dir": "warehouse",
  "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
  "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
  "spark.sql.session.timeZone": "UTC",
  "spark.sql.shuffle.partitions": "2",
  "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
  "spark.databricks.delta.snapshotPartitions": "1",
};

const OPENED = [
  "java.base/java.lang",
  "java.base/java.lang.invoke",
  "java.base/java.lang.reflect",
  "java.base/java.io",
  "java.base/java.net",
  "java.base/java.nio",
  "java.base/java.util",
  "java.base/java.util.concurrent",
  "java.base/java.util.concurrent.atomic",
  "java.base/jdk.internal.ref",
  "java.base/sun.nio.ch",
  "java.base/sun.nio.cs",
  "java.base/sun.security.action",
  "java.base/sun.util.calendar",
];
