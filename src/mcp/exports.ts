/** How long a file is kept. */
export const FILE_MS = 30 * 60_000;

export const EXPORT_TEMPLATE = 'leaddyno://exports/{id}';
export const exportUri = (id: string) => `leaddyno://exports/${id}`;

/** Where a file lies: for one caller of one account alone, whoever else may know its id. */
export const exportKey = (id: string, account: string, caller: string) => `file:${account}:${caller}:${id}`;
