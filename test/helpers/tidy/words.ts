import { type Finding, findAll, type SourceFile } from './source-file.ts';

/** Something that may not stand in some files. */
type Ban = {
  readonly what: RegExp;
  /** Which view of the text is searched. */
  readonly view: 'text' | 'withStrings' | 'codeOnly';
  readonly where: RegExp;
  readonly except?: RegExp;
  readonly message: string;
};

const DOMAIN = /^src\/domain\//;
const PURE = /^src\/(?:domain|ports)\//;
const CODE = /^(?:src|test|bench|\.ci|bin|hooks|examples)\//;

const BANS: readonly Ban[] = [
  {
    what: /\b(?:Date\.now|Math\.random|performance\.now)\b|\bnew Date\(\s*\)/g,
    view: 'codeOnly',
    where: DOMAIN,
    message: 'asks the world: take the time or the random value as a parameter (a fact)',
  },
  {
    what: /(?<![\w.])(?:process|console)\.|(?<![\w.])(?:set(?:Timeout|Interval|Immediate)|queueMicrotask|fetch)\(/g,
    view: 'codeOnly',
    where: DOMAIN,
    message: 'acts on the world: the domain only computes; do this in an adapter',
  },
  {
    what: /(?<![\w.])(?:async|await)\b(?!\s*[:?,=])/g,
    view: 'codeOnly',
    where: DOMAIN,
    message: 'waits: the domain is synchronous; read first, in src/app, then call it',
  },
  {
    what: /^export (?!type\b|interface\b)/gm,
    view: 'codeOnly',
    where: /^src\/ports\//,
    message: 'exports a runtime value: a port is types only; move it to src/domain',
  },
  {
    what: /(?<![\w.'$])any\b(?!\s*[(:])/g,
    view: 'codeOnly',
    where: PURE,
    message: 'uses `any`: write the type, or `unknown` and a check',
  },
  {
    what: /@ts-(?:ignore|expect-error|nocheck)|biome-ignore/g,
    view: 'text',
    where: PURE,
    message: 'silences a checker: change the code until it agrees',
  },
  {
    what: /refs\/(?:notes\/)?cmf\b/g,
    view: 'withStrings',
    where: /^src\//,
    except: /^src\/domain\/ids\.ts$/,
    message: 'spells a ref name: use REFS of src/domain/ids.ts, so no two places can disagree',
  },
  {
    what: /(?<![\w.])(?:process\.(?:stdout|stderr)\b|console\.)/g,
    view: 'codeOnly',
    where: /^src\//,
    except: /^src\/(?:main(?:-\w+)?\.ts$|adapters\/terminal\/)/,
    message: 'writes to the terminal: return the value, or write through the terminal port',
  },
  {
    what: /(?<![\w.])process\.exit\(/g,
    view: 'codeOnly',
    where: /^src\//,
    except: /^src\/main\.ts$/,
    message: 'ends the process: throw a CmfError or return an exit status; only the program (src/main*.ts) ends it',
  },
  {
    // Spelled so that this line does not find itself.
    what: /\b(?:TO[D]O|FIX[M]E|XX[X])\b/g,
    view: 'text',
    where: /./,
    message: 'leaves work behind: do it now, or write it into the issue tracker',
  },
  {
    what: /(?<![\w.:/~$}-])\/(?:home|Users|root|work|private|mnt)\/[\w.]/g,
    view: 'text',
    where: /^(?:docs|src|bin|hooks|examples|\.ci)\/|^[^/]+\.md$/,
    message: 'names a folder of one machine: use a relative path or a neutral name such as /path/to',
  },
  {
    what: /(?<![\w.$])\w+\.(?:only|skip)\(/g,
    view: 'codeOnly',
    where: /^test\/.*\.test\.ts$/,
    message: 'leaves tests out: remove .only or .skip',
  },
  {
    what: /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;]*\bfrom\b/gm,
    view: 'codeOnly',
    where: CODE,
    except: /^src\/faces\/library\.ts$/,
    message: 're-exports: import from the file that defines it; barrels hide cycles',
  },
];

/** Finds words, calls and strings that may not stand where they stand. */
export function checkWords(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) =>
    BANS.filter((ban) => ban.where.test(file.path) && !ban.except?.test(file.path)).flatMap((ban) =>
      findAll(file.path, file[ban.view], ban.what, ban.message),
    ),
  );
}

const DYNAMIC_IMPORT_PLACES = /^src\/(?:main\.ts$|faces\/cli\/[^/]+\.ts$|adapters\/)/;

/** Finds dynamic imports outside the command table, the program's entry and adapters with optional parts. */
export function checkDynamicImports(files: readonly SourceFile[]): Finding[] {
  const message =
    'imports inside a function: import at the top; only src/main.ts, the command table (src/faces/cli/*.ts) and ' +
    'adapters with optional packages load late';
  return files
    .filter(({ path }) => path.startsWith('src/') && !DYNAMIC_IMPORT_PLACES.test(path))
    .flatMap(({ path, imports }) =>
      imports.filter(({ kind }) => kind === 'dynamic').map(({ line }) => ({ path, line, message })),
    );
}
