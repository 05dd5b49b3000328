import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Tool } from '../workflows/workflow.ts';
import type { AccountChoice } from './account-choice.ts';
import { addressIn } from './other-accounts.ts';
import { serveResources } from './resources.ts';

type Resources = ReturnType<typeof serveResources>;

/** An address of one account: `leaddyno://accounts/acme/affiliates/7`; `{account}` in a template. */
const OF_ACCOUNT = /^leaddyno:\/\/accounts\/([^/]+)\/(.*)$/s;
const isRecord = (uri: string) => uri.startsWith('leaddyno://');
/** The variable for the account in templates. */
const VARIABLE = '{account}';

/**
 * Answers everything that the protocol asks about resources if there are several accounts: each account has its own
 * addresses, below its name. Single affiliates are not listed then: that would take a request for each account.
 */
export function serveResourcesOfSeveral(tools: readonly Tool[], choice: AccountChoice): Resources {
  const { names, fallback, servicesOf } = choice;
  const known = new Map<string, Resources>();
  function of(name: string): Resources {
    const served = known.get(name) ?? serveResources(tools, servicesOf(name));
    known.set(name, served);
    return served;
  }
  const first = of(fallback ?? names[0] ?? '');

  function findAccount(uri: string) {
    const [, name = '', rest = ''] = OF_ACCOUNT.exec(uri) ?? [];
    return names.includes(name) ? { name, uri: `leaddyno://${rest}` } : undefined;
  }

  return {
    completes: true,
    changes: first.changes,
    async list(ctx: ServerContext) {
      const lists = await Promise.all(
        names.map(async (name) => ({ name, listed: await of(name).list(ctx, 'without records') })),
      );
      const resources = lists.flatMap(({ name, listed }, index) =>
        listed.resources.flatMap((one) => {
          // Pages and skills are the same for all accounts.
          if (!isRecord(one.uri)) return index === 0 ? [one] : [];
          const uri = addressIn(one.uri, { accountName: name });
          return [{ ...one, uri, name: `${name}-${one.name}`, title: `${one.title ?? one.name} (${name})` }];
        }),
      );
      return { resources };
    },
    templates: () => ({
      resourceTemplates: first.templates().resourceTemplates.map((one) => ({
        ...one,
        uriTemplate: addressIn(one.uriTemplate, { accountName: VARIABLE }),
      })),
    }),
    async read(given, ctx) {
      if (!isRecord(given)) return await first.read(given, ctx);
      const found = findAccount(given);
      if (!found) {
        if (OF_ACCOUNT.test(given)) throw new ResourceNotFoundError(given);
        const message = `${given} does not say which account: write leaddyno://accounts/NAME/… with one of ${names.join(', ')}`;
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, message, { uri: given });
      }
      const { contents, ...hints } = await of(found.name).read(found.uri, ctx);
      return {
        ...hints,
        contents: contents.map((one) => ({ ...one, uri: addressIn(one.uri, { accountName: found.name }) })),
      };
    },
    async complete(uri, variable, typed, ctx, chosen = {}) {
      const [, place, rest = ''] = OF_ACCOUNT.exec(uri) ?? [];
      if (place !== VARIABLE) return await first.complete(uri, variable, typed, ctx);
      if (variable === 'account') return names.filter((name) => name.startsWith(typed.trim()));
      const name = chosen.account ?? fallback ?? '';
      return names.includes(name) ? await of(name).complete(`leaddyno://${rest}`, variable, typed, ctx) : [];
    },
  };
}
