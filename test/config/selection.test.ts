import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/config/options.ts';
import { type SelectionOptions, selectTools } from '../../src/config/selection.ts';
import { toolsets } from '../../src/workflows/index.ts';
import { profiles } from '../../src/workflows/profiles.ts';

const all = toolsets.flatMap((set) => set.tools);
const toolset = (name: string) => toolsets.find((set) => set.name === name)?.tools.map((one) => one.name) ?? [];

function chosen(options: Partial<SelectionOptions>): string[] {
  return selectTools(toolsets, { readOnly: false, ...options }).map(({ name }) => name);
}

describe('the tools served', () => {
  test('are all, in the order of the catalogue, where nothing is said', () => {
    expect(chosen({})).toEqual(all.map(({ name }) => name));
  });

  test('are those of the toolsets', () => {
    expect(chosen({ toolsets: ['campaigns', 'visitors'] })).toEqual([...toolset('visitors'), ...toolset('campaigns')]);
    expect(chosen({ toolsets: ['campaigns', 'campaigns'] })).toEqual(toolset('campaigns'));
  });

  test('are those of a profile, with what is named besides', () => {
    const manager = profiles.manager ?? [];
    expect(chosen({ toolsets: ['manager'] }).toSorted()).toEqual([...manager].toSorted());
    expect(chosen({ toolsets: ['manager'], tools: ['get_lead'] })).toHaveLength(manager.length + 1);
    expect(chosen({ toolsets: ['manager', 'campaigns'] })).toEqual(expect.arrayContaining(toolset('campaigns')));
    expect(chosen({ toolsets: ['manager'], readOnly: true })).not.toContain('settle_payouts');
  });

  test('are the tools named, alone or besides the toolsets', () => {
    expect(chosen({ tools: ['get_lead', 'get_affiliate'] })).toEqual(['get_affiliate', 'get_lead']);
    expect(chosen({ tools: ['get_lead'], toolsets: ['campaigns'] })).toEqual(['get_lead', ...toolset('campaigns')]);
    expect(chosen({ tools: ['get_campaign'], toolsets: ['campaigns'] })).toEqual(toolset('campaigns'));
  });

  test('lose the excluded ones last', () => {
    const excludeTools = ['get_campaign'];
    expect(chosen({ toolsets: ['campaigns'], excludeTools })).toEqual(['list_campaigns']);
    expect(chosen({ tools: ['get_campaign', 'get_lead'], excludeTools })).toEqual(['get_lead']);
    expect(chosen({ excludeTools })).toEqual(all.map(({ name }) => name).filter((name) => name !== 'get_campaign'));
    expect(chosen({ toolsets: ['campaigns'], excludeTools: ['get_lead'] })).toEqual(toolset('campaigns'));
  });

  test('are reads alone under read-only, even where a write is named', () => {
    const reads = all.filter(({ effect }) => effect === 'read').map(({ name }) => name);
    expect(chosen({ readOnly: true })).toEqual(reads);
    expect(chosen({ readOnly: true, tools: ['archive_affiliate', 'get_lead'] })).toEqual(['get_lead']);
    expect(chosen({ readOnly: true, tools: ['archive_affiliate'] })).toEqual([]);
  });

  test('are none where an empty choice was made', () => {
    expect(chosen({ toolsets: [] })).toEqual([]);
    expect(chosen({ tools: [] })).toEqual([]);
    expect(chosen({ tools: [], toolsets: ['campaigns'] })).toEqual(toolset('campaigns'));
    expect(chosen({ excludeTools: [] })).toHaveLength(all.length);
  });
});

describe('an unknown name', () => {
  test.each([
    ['--toolsets', { toolsets: ['affiliate'] }, '"affiliate"', 'affiliates, commissions'],
    ['--toolsets', { toolsets: ['get_lead'] }, '"get_lead"', 'sub_ids'],
    ['--tools', { tools: ['get_lead', 'leads'] }, '"leads"', 'list_leads'],
    ['--exclude-tools', { excludeTools: ['Archive_affiliate'] }, '"Archive_affiliate"', 'archive_affiliate'],
    ['--tools', { tools: ['__proto__'] }, '"__proto__"', 'get_lead'],
  ])('in %s is refused with the known ones: %j', (flag, options, name, known) => {
    expect(() => chosen(options)).toThrow(Refusal);
    for (const part of [flag, name, known]) expect(() => chosen(options)).toThrow(part);
  });

  test('is refused even where it would make no difference', () => {
    expect(() => chosen({ tools: ['get_lead'], excludeTools: ['get_leed'] })).toThrow(Refusal);
    expect(() => chosen({ readOnly: true, excludeTools: ['nothing'] })).toThrow(Refusal);
  });
});

test('every choice keeps the rules, whatever is combined', () => {
  const some = <Value>(values: readonly Value[]) =>
    fc.option(fc.subarray([...values], { maxLength: 6 }), { nil: undefined });
  const options = fc.record({
    toolsets: some(toolsets.map(({ name }) => name)),
    tools: some(all.map(({ name }) => name)),
    excludeTools: some(all.map(({ name }) => name)),
    readOnly: fc.boolean(),
  });
  fc.assert(
    fc.property(options, ({ toolsets: chosenSets, tools, excludeTools, readOnly }) => {
      const result = chosen({ toolsets: chosenSets, tools, excludeTools, readOnly });
      const expected = toolsets.flatMap((set) =>
        set.tools
          .filter(({ name }) => (!chosenSets && !tools) || chosenSets?.includes(set.name) || tools?.includes(name))
          .filter(({ name, effect }) => !excludeTools?.includes(name) && (!readOnly || effect === 'read'))
          .map(({ name }) => name),
      );
      expect(result).toEqual(expected);
    }),
  );
});
