/** Numbers of single rows, told to JavaScript while a statement runs: for the few rows that SQL has to leave to it. */

import {
  BIGINT,
  BOOLEAN,
  type DuckDBConnection,
  DuckDBScalarFunction,
  INTEGER,
} from "@duckdb/node-api";
import type { Teller } from "./engine.ts";

const NAME = "~tell";

/** Tellers of one instance. The function stays for as long as the instance, so that there is one for all of them. */
export interface Tellers {
  open(connection: DuckDBConnection, told: (number: bigint) => void): Teller;
}

export function createTellers(): Tellers {
  const listeners = new Map<number, (number: bigint) => void>();
  let isRegistered = false;
  let serial = 0;
  return {
    open(connection, told) {
      if (!isRegistered) connection.registerScalarFunction(functionFor(listeners));
      isRegistered = true;
      serial += 1;
      const id = serial;
      listeners.set(id, told);
      return {
        tell: (number) => `"${NAME}"(${id}, ${number})`,
        end: () => void listeners.delete(id),
      };
    },
  };
}

function functionFor(
  listeners: ReadonlyMap<number, (number: bigint) => void>,
): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name: NAME,
    parameterTypes: [INTEGER, BIGINT],
    returnType: BOOLEAN,
    // Each row is told once and not less because its number came before.
    volatile: true,
    mainFunction: (_info, input, output) => {
      const ids = input.getColumnVector(0);
      const numbers = input.getColumnVector(1);
      for (let row = 0; row < input.rowCount; row++) {
        listeners.get(Number(ids.getItem(row)))?.(numbers.getItem(row) as bigint);
        output.setItem(row, false);
      }
      output.flush();
    },
  });
}
