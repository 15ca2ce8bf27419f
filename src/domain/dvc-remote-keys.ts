/**
 * The keys that DVC 3 knows for a storage of each kind, and what their values may be. One key that it does not know, in any
 * file, and every DVC command of the whole team fails.
 */

/** The kinds of storage that git cmf reaches. */
export type StorageKind = 'folder' | 'ssh' | 's3';

/** What a value may be: the reason why it is not, else undefined. */
type Check = (value: string) => string | undefined;

const text: Check = () => undefined;
const bool: Check = (value) => (/^(?:true|false)$/i.test(value) ? undefined : 'takes true or false');
const count: Check = (value) => (/^[1-9][0-9]{0,8}$/.test(value) ? undefined : 'takes a number of 1 or more');
const whole: Check = (value) => (/^[0-9]{1,9}$/.test(value) ? undefined : 'takes a whole number');
const port: Check = (value) =>
  /^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535 ? undefined : 'takes 1 to 65535';
const links: Check = (value) =>
  value.split(',').every((one) => /^(?:reflink|hardlink|symlink|copy)$/.test(one.trim()))
    ? undefined
    : 'takes reflink, hardlink, symlink and copy, with commas between';
const group: Check = (value) => (value.toLowerCase() === 'group' ? undefined : 'takes group, or is not there');

const COMMON: Readonly<Record<string, Check>> = {
  jobs: count,
  checksum_jobs: count,
  worktree: bool,
  version_aware: bool,
  verify: bool,
};

const KEYS: Readonly<Record<StorageKind, Readonly<Record<string, Check>>>> = {
  folder: { ...COMMON, type: links, shared: group, slow_link_warning: bool },
  ssh: {
    ...COMMON,
    type: links,
    port,
    user: text,
    password: text,
    ask_password: bool,
    passphrase: text,
    ask_passphrase: bool,
    keyfile: text,
    timeout: whole,
    gss_auth: bool,
    allow_agent: bool,
    max_sessions: count,
  },
  s3: {
    ...COMMON,
    region: text,
    profile: text,
    credentialpath: text,
    configpath: text,
    endpointurl: text,
    access_key_id: text,
    secret_access_key: text,
    session_token: text,
    use_ssl: bool,
    allow_anonymous_login: bool,
    ssl_verify: text,
    sse: text,
    sse_kms_key_id: text,
    sse_customer_algorithm: text,
    sse_customer_key: text,
    acl: text,
    grant_read: text,
    grant_read_acp: text,
    grant_write_acp: text,
    grant_full_control: text,
    read_timeout: whole,
    connect_timeout: whole,
  },
};

/** Keys of any kind of storage that let who reads them in, those of kinds included that git cmf does not reach. */
const SECRETS: ReadonlySet<string> = new Set([
  'password',
  'passphrase',
  'access_key_id',
  'secret_access_key',
  'session_token',
  'sse_customer_key',
  'token',
  'sas_token',
  'account_key',
  'connection_string',
  'client_secret',
  'oss_key_id',
  'oss_key_secret',
  'gdrive_client_secret',
]);

/** True for a key that must not be committed. */
export function isSecretKey(key: string): boolean {
  return SECRETS.has(key);
}

/** The keys that a storage of this kind may have besides its URL, by name. */
export function knownKeys(kind: StorageKind): readonly string[] {
  return Object.keys(KEYS[kind]).sort();
}

/** Why DVC would refuse this setting, as words that follow the key; undefined when it would not. */
export function settingProblem(kind: StorageKind, key: string, value: string): string | undefined {
  const check = Object.hasOwn(KEYS[kind], key) ? KEYS[kind][key] : undefined;
  return check === undefined ? `is no key that DVC knows for this kind of storage` : check(value);
}
