/** The set-up's modules are plain JavaScript, so that they run before anything is installed: their types stand here. */
const load = (name: string): Promise<unknown> =>
  import(new URL(`../../scripts/setup/${name}.mjs`, import.meta.url).href);

type Entries = ReadonlyMap<string, unknown>;

export const unzip = (await load('unzip')) as {
  readDirectory(file: string): Promise<Entries>;
  extract(file: string, entries: Entries, name: string, target: string, mode?: number): Promise<void>;
};
export const wheel = (await load('wheel')) as {
  downloadWheel(request: {
    name: string;
    version: string;
    platforms: string[];
    sha256: string;
    directory: string;
  }): Promise<{ file: string; remove(): void }>;
};
export const nodePackages = (await load('node-packages')) as {
  difference(lock: unknown, installed: unknown): string | null;
};
export const versions = (await load('versions')) as {
  atLeast(version: string, oldest: string): boolean;
  LIBTENSORFLOW: { libraries: string[]; headers: string[] };
};
export const libtensorflow = (await load('libtensorflow')) as {
  fromName(file: string): { version: string; variant: string };
  libtensorflow(tools: string, options: { wheel?: string }): Promise<{ did: string; directory: string }>;
};
export const lock = (await load('lock')) as { withLock<T>(tools: string, work: () => Promise<T>): Promise<T> };
export const packages = (await load('system-packages')) as {
  mayInstall(): { ok: true } | { ok: false; why: string; how(packages: string): string };
};
export const slurm = (await load('slurm')) as {
  slurm(options?: { wanted?: boolean }): Promise<{ did: string; slurm: boolean }>;
};
export const temporal = (await load('temporal-cli')) as {
  temporalCli(tools: string): Promise<{ did: string; path: string | null }>;
};
export const build = (await load('build')) as { build(root: string): Promise<{ did: string }> };
export const python = (await load('python')) as {
  pythonPackages(
    tools: string,
    name: string,
    requirements: readonly string[],
    options?: { timeoutSeconds?: number },
  ): Promise<{ did: string; python: string | null }>;
};
