/**
 * A remote's URL without user and password: `https://u:p@host/x` and `git@host:x` lose all before the `@`. A path of
 * this machine stays as it is.
 */
export function withoutCredentials(url: string): string {
  const withScheme = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@(.*)$/is.exec(url);
  if (withScheme !== null) return `${withScheme[1]}${withScheme[2]}`;
  // git's own rule: host:path, unless a slash comes before the first colon.
  const short = /^[^/:@]+@([^/:]+:.*)$/s.exec(url);
  return short?.[1] ?? url;
}
