/** Parameters: found wherever a project uses them, given their values once, each of the type of its default. */

import { MillraceError } from "../base/error.ts";
import { suggestWord } from "../base/suggest.ts";
import { isIngested } from "../ingest/asset.ts";
import { paramsOf } from "../sql/render.ts";
import type { Param, Text } from "../sql/template.ts";
import type { ProjectDefinition } from "./define.ts";
import { type ProjectStep, sqlOf } from "./graph.ts";

export interface LoadedParam {
  readonly name: string;
  readonly value: string | number | boolean;
  readonly default: string | number | boolean;
  readonly oneOf: readonly (string | number | boolean)[] | undefined;
  readonly about: string | undefined;
  /** Its value is recorded and shown as `***`. */
  readonly isSecret: boolean;
}

/** Values that people call such are never written down, whatever they were meant to be. */
const SECRET_NAME = /secret|password|passwd|token|api_?key|credential/i;

export function paramsOfProject(
  definition: ProjectDefinition,
  steps: readonly ProjectStep[],
): Param[] {
  const inSql = steps.flatMap((step) => sqlOf(step).flatMap((sql) => paramsOf(sql)));
  const inText = [definition.lake, ...steps.flatMap(textsOf)].filter(
    (text): text is Param<string> => typeof text === "object" && text.kind === "param",
  );
  const byName = new Map<string, Param>();
  for (const param of [...inSql, ...inText]) {
    const twin = byName.get(param.name);
    if (twin !== undefined && twin !== param && twin.default !== param.default) {
      throw new MillraceError(
        `The parameter "${param.name}" is declared twice, with other defaults`,
        {
          code: "project/param-twice",
          hint: "Declare it once and use the value in both places.",
        },
      );
    }
    byName.set(param.name, param);
  }
  return [...byName.values()];
}

export function resolveParams(
  params: readonly Param[],
  given: Readonly<Record<string, string>>,
): LoadedParam[] {
  const names = params.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MillraceError(`The project has no parameter "${unknown}"`, {
      code: "project/unknown-param",
      hint: names.length === 0 ? "It has none." : suggestWord(unknown, names),
    });
  }
  return params.map((param) => {
    const text = given[param.name];
    const isSecret = SECRET_NAME.test(param.name);
    const value = text === undefined ? param.default : parse(param, text, isSecret);
    if (param.oneOf !== undefined && !param.oneOf.includes(value)) {
      throw new MillraceError(
        `The parameter ${param.name} is ${isSecret ? "***" : JSON.stringify(value)}`,
        {
          code: "project/bad-param",
          hint: suggestWord(String(value), param.oneOf.map(String)),
        },
      );
    }
    return {
      name: param.name,
      value,
      default: param.default,
      oneOf: param.oneOf,
      about: param.about,
      isSecret,
    };
  });
}

function parse(param: Param, text: string, isSecret: boolean): string | number | boolean {
  const type = typeof param.default;
  if (type === "string") return text;
  if (type === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  throw new MillraceError(
    `The parameter ${param.name} is ${isSecret ? "***" : JSON.stringify(text)}, which is no ${type}`,
    {
      code: "project/bad-param",
      hint: type === "boolean" ? "Give true or false." : `Give a number such as ${param.default}.`,
    },
  );
}

function textsOf({ asset }: ProjectStep): Text[] {
  if (isIngested(asset)) return asset.definition.sources.map(({ path }) => path);
  if (asset.kind === "publication") return [asset.to.folder];
  return asset.kind === "picture" ? [asset.folder] : [];
}
