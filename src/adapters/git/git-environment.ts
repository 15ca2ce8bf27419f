/** An environment as node gives it: names without a value are absent or undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What of a caller's GIT_* variables may reach a git that was told its repository explicitly: how to talk to remotes,
 * where configuration is, and tracing. All others (GIT_DIR, GIT_INDEX_FILE, GIT_NAMESPACE …) name a repository, an index
 * or a work tree that a hook or a shell happened to stand in, and would silently redirect us.
 */
const KEPT = new RegExp(
  `^GIT_(${[
    'SSH(_COMMAND|_VARIANT)?|ASKPASS|PROXY_COMMAND|PROXY_SSL_\\w+|SSL_\\w+|HTTP_\\w+|CURL_\\w+',
    'ALLOW_PROTOCOL|PROTOCOL_FROM_USER|NO_LAZY_FETCH|EXEC_PATH',
    'CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\\d+|VALUE_\\d+|PARAMETERS)',
    'TRACE\\w*|TR2_\\w+|REDACT_COOKIES',
  ].join('|')})$`,
);

/** A pre-receive hook's objects live in a quarantine until it ends; only a git with these variables sees them. */
const QUARANTINE = /^GIT_(QUARANTINE_PATH|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES)$/;

/**
 * The caller's environment without the GIT_* variables that could redirect git, and with English messages. Replacement
 * refs (`git replace`) are off: anybody who may push could show us other bytes than an object's id stands for.
 */
export function cleanEnvironment(from: Environment, keepQuarantine: boolean): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    if (value === undefined) continue;
    if (name.startsWith('GIT_') && !KEPT.test(name) && !(keepQuarantine && QUARANTINE.test(name))) continue;
    clean[name] = value;
  }
  return { ...clean, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' };
}
