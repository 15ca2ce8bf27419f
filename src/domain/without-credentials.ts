/**
 * Users and passwords in URLs: they are not recorded and not shown. In `scheme://user:password@host/…` all up to the last
 * `@` before the first `/`, `?` or `#` goes, as RFC 3986 §3.2 has it and also where a password holds an `@`. What has no
 * `://` is no URL.
 */

/** A URL without user and password; any other text stays as it is. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

/** A text without user and password in any URL within it, such as a word of a command. A URL ends at a space or quote. */
export function textWithoutCredentials(text: string): string {
  return withoutCredentials(text.replace(/(?<=[a-z0-9+.-]:\/\/)[^\s/?#"<>]*@/gi, ''));
}

/**
 * The URL of a remote without user and password: also git's short form, `git@host:path`. A path of this machine stays as it
 * is.
 */
export function remoteWithoutCredentials(url: string): string {
  // git's own rule: host:path, unless a slash comes before the first colon.
  const short = /^[^/:@]+@([^/:]+:.*)$/s.exec(url);
  return short?.[1] ?? withoutCredentials(url);
}
