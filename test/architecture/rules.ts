import type { IForbiddenRuleType } from "dependency-cruiser";

/** "Dependency rules" of the architecture, row by row. Paths are regular expressions from the root of the project. */
interface Row {
  readonly name: string;
  readonly reason: string;
  readonly from: string;
  readonly except?: string;
}

/** Whatever is not listed is refused. `$1` is the first group of `from`. */
interface MayOnlyImport extends Row {
  readonly mayImport: readonly string[];
  readonly builtins: boolean;
}

interface NeverImports extends Row {
  readonly never: readonly string[];
  readonly evenTypes: boolean;
}

const DOMAIN = "^domain/";

/** A package, both where it is found and where it is not installed. */
const npm = (...names: string[]) => names.map((name) => `(^|/)node_modules/${name}/|^${name}(/|$)`);
const ANY_PACKAGE = "(^|/)node_modules/|^[^/]+$|^@[^/]+/[^/]+$";

/** What an adapter may use besides the domain and its own folder; Node's builtins are allowed to all of them. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  persistence: npm("typeorm", "mysql2", "better-sqlite3", "@types/better-sqlite3"),
  memory: [],
  wire: npm("@tufjs/models"),
  signing: [],
  storage: npm("@aws-sdk/client-s3"),
  queue: npm("bullmq"),
  telemetry: npm("@opentelemetry/api"),
};

const MAY_ONLY_IMPORT: readonly MayOnlyImport[] = [
  {
    name: "domain-is-pure",
    reason: "rules and data: no I/O, no clock, no container, no ORM",
    from: DOMAIN,
    except: "^domain/distinction/",
    mayImport: [DOMAIN],
    builtins: false,
  },
  {
    name: "distinction-is-pure",
    reason: "as all of the domain, and the one place that diffs JSON",
    from: "^domain/distinction/",
    mayImport: [DOMAIN, ...npm("microdiff")],
    builtins: false,
  },
  ...Object.entries(VENDORS).map(([folder, vendors]) => ({
    name: `adapter-${folder}`,
    reason: "an adapter knows the domain, its own folder and its own vendor library, no other adapter and no container",
    from: `^infrastructure/${folder}/`,
    mayImport: [DOMAIN, `^infrastructure/${folder}/`, ...vendors],
    builtins: true,
  })),
  {
    name: "adapter-unlisted",
    reason: "a new adapter names its vendor library in this table",
    from: "^infrastructure/([^/]+)/",
    except: `^infrastructure/(${Object.keys(VENDORS).join("|")})/`,
    mayImport: [DOMAIN, "^infrastructure/$1/"],
    builtins: true,
  },
  {
    name: "application-sees-the-domain",
    reason: "a use case speaks to ports, whatever stands behind them",
    from: "^src/application/",
    mayImport: [DOMAIN, "^src/application/"],
    builtins: false,
  },
  {
    name: "entry-points-call-use-cases",
    reason: "parse, call one use case, map errors; of the domain only types, see below",
    from: "^src/(cli|http)/",
    mayImport: ["^src/composition/", "^src/application/", "^src/$1/", DOMAIN, ANY_PACKAGE],
    builtins: true,
  },
];

const NEVER_IMPORTS: readonly NeverImports[] = [
  {
    name: "entry-points-use-types-of-the-domain",
    reason: "what the domain does is reached through a use case",
    from: "^src/(cli|http)/",
    never: [DOMAIN],
    evenTypes: false,
  },
  {
    name: "entry-points-without-database",
    reason: "the composition picks the database",
    from: "^src/(cli|http)/",
    never: npm("typeorm", "mysql2", "better-sqlite3"),
    evenTypes: true,
  },
  {
    name: "inversify-in-composition",
    reason: "one place knows both the container and the adapters",
    from: "^(domain|infrastructure|src)/",
    except: "^src/composition/",
    never: npm("inversify"),
    evenTypes: true,
  },
  {
    name: "tufjs-models-in-wire",
    reason: "the wire format has one door; tests use the library as an oracle",
    from: "^(domain|infrastructure|src|benchmarks)/",
    except: "^infrastructure/wire/",
    never: npm("@tufjs/models"),
    evenTypes: true,
  },
  {
    name: "microdiff-in-distinction",
    reason: "its traps are handled in one place",
    from: "^(domain|infrastructure|src)/",
    except: "^domain/distinction/",
    never: npm("microdiff"),
    evenTypes: true,
  },
  {
    name: "nothing-imports-tests",
    reason: "neither is published",
    from: "^(domain|infrastructure|src)/",
    never: ["^test/", "^benchmarks/"],
    evenTypes: true,
  },
];

export const DEPENDENCY_RULES: IForbiddenRuleType[] = [
  ...MAY_ONLY_IMPORT.map((row) => ({
    ...head(row),
    to: { pathNot: [...row.mayImport], ...(row.builtins ? { dependencyTypesNot: ["core" as const] } : {}) },
  })),
  ...NEVER_IMPORTS.map((row) => ({
    ...head(row),
    to: { path: [...row.never], ...(row.evenTypes ? {} : { dependencyTypesNot: ["type-only" as const] }) },
  })),
  { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
];

/** Names that say nothing about what is inside, so that anything ends up there. */
export const VAGUE_NAME = /(^|[-.])(utils?|helpers?|commons?)$/i;

function head(row: Row) {
  return {
    name: row.name,
    comment: row.reason,
    severity: "error" as const,
    from: { path: row.from, ...(row.except === undefined ? {} : { pathNot: row.except }) },
  };
}
