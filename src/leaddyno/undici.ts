/** Only what is used, as a module of its own: a CommonJS package imported on demand keeps its names this way when bundled. */
export { EnvHttpProxyAgent, Pool } from 'undici';
