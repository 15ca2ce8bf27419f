/** The version of this program; the build puts the one of package.json here. */
declare const GIT_CMF_VERSION: string | undefined;

export const VERSION: string = typeof GIT_CMF_VERSION === 'string' ? GIT_CMF_VERSION : '0.0.0-development';
