import type { Finding, ImportLine, SourceFile } from './source-file.ts';

/** Which files a floor is, and what it may import. */
type Floor = {
  readonly name: string;
  readonly files: RegExp;
  /** Paths of the project; `$1` stands for the floor's own room (the adapter or face folder). */
  readonly mayImport: readonly string[];
  readonly instead: string;
};

const FLOORS: readonly Floor[] = [
  {
    name: 'domain',
    files: /^src\/domain\//,
    mayImport: ['src/domain/'],
    instead: 'the domain is pure: pass the value in, or move the code to src/app',
  },
  {
    name: 'ports',
    files: /^src\/ports\//,
    mayImport: ['src/domain/', 'src/ports/'],
    instead: 'a port speaks of domain types only',
  },
  {
    name: 'adapters',
    files: /^src\/adapters\/([^/]+)\//,
    mayImport: ['src/domain/', 'src/ports/', 'src/adapters/$1/'],
    instead: 'adapters do not know each other: go through a port and let src/compose.ts join them',
  },
  {
    name: 'app',
    files: /^src\/app\//,
    mayImport: ['src/domain/', 'src/ports/', 'src/app/'],
    instead: 'a use-case asks a port: add what it needs to src/ports and let src/compose.ts pass the adapter',
  },
  {
    // The library is a face and an entry at once: it hands composed use-cases to its caller.
    name: 'library',
    files: /^src\/faces\/library\.ts$/,
    mayImport: ['src/domain/', 'src/ports/', 'src/app/', 'src/compose.ts'],
    instead: 'the library offers use-cases that src/compose.ts has put together',
  },
  {
    name: 'faces',
    files: /^src\/faces\/([^/]+)(?:\/|$)/,
    mayImport: ['src/domain/', 'src/ports/', 'src/app/', 'src/faces/$1/'],
    instead: 'a face parses, calls a use-case and renders: adapters and other faces come through src/compose.ts',
  },
  {
    name: 'top',
    files: /^src\/(?:main(?:-\w+)?|compose)\.ts$/,
    mayImport: ['src/'],
    instead: '',
  },
];

/** Where packages and node's own modules that open an outside door may be imported. */
const DOORS: readonly { readonly what: RegExp; readonly where: RegExp; readonly instead: string }[] = [
  {
    what: /^(?:node:)?child_process$/,
    where: /^src\/adapters\/(?:git|process)\//,
    instead: 'start git through the git port (src/adapters/git), other programs through src/adapters/process',
  },
  {
    what: /^(?:node:)?fs(?:\/promises)?$/,
    where: /^src\/adapters\//,
    instead: 'files are reached through a port (src/ports/disk.ts) and its adapter',
  },
  {
    what: /^(?:node:)?crypto$/,
    where: /^src\/(?:adapters\/|domain\/(?:digest|signature)\.ts$)/,
    instead: 'use src/domain/digest.ts or src/domain/signature.ts; randomness is a fact passed in',
  },
  { what: /^nodegit$/, where: /^src\/adapters\/nodegit\//, instead: 'reach git through the git port' },
  { what: /^yargs(?:\/|$)/, where: /^src\/faces\/cli\//, instead: 'only the command line knows yargs' },
  { what: /^yaml(?:\/|$)/, where: /^src\/domain\/dvc-[^/]*\.ts$/, instead: 'use src/domain/dvc-yaml.ts' },
];

/** Finds imports that go up, sideways, or through a door that is not theirs. */
export function checkFloors(files: readonly SourceFile[]): Finding[] {
  return files.filter((file) => file.path.startsWith('src/')).flatMap(checkFile);
}

function checkFile(file: SourceFile): Finding[] {
  const floor = FLOORS.find((each) => each.files.test(file.path));
  if (floor === undefined) {
    const message = 'stands on no floor: put it into src/domain, ports, adapters/<name>, app or faces/<name>';
    return [{ path: file.path, line: 1, message }];
  }
  const room = floor.files.exec(file.path)?.[1] ?? '';
  const allowed = floor.mayImport.map((prefix) => prefix.replace('$1', room));
  return file.imports.flatMap((each) => checkImport(file, floor, allowed, each));
}

function checkImport(file: SourceFile, floor: Floor, allowed: readonly string[], each: ImportLine): Finding[] {
  const report = (message: string): Finding[] => [{ path: file.path, line: each.line, message }];
  const { target, specifier } = each;
  if (target !== undefined) {
    if (target === 'src/compose.ts' && !allowed.includes('src/') && !allowed.includes(target)) {
      return report('imports src/compose.ts; only src/main-*.ts and the library do: take what you need as a parameter');
    }
    return allowed.some((prefix) => target.startsWith(prefix)) ? [] : report(`imports ${target}: ${floor.instead}`);
  }
  const door = DOORS.find(({ what }) => what.test(specifier));
  if (door !== undefined) return door.where.test(file.path) ? [] : report(`imports ${specifier}: ${door.instead}`);
  const isBuiltin = specifier.startsWith('node:');
  if (floor.name === 'domain' || floor.name === 'ports') return report(`imports ${specifier}: ${floor.instead}`);
  if (floor.name === 'app' && !isBuiltin) return report(`imports the package ${specifier}: ${floor.instead}`);
  return [];
}
