/** Equal to `version` in package.json (tested). */
export const version = '0.1.0';
