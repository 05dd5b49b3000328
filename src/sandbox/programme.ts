import { Grouping } from './grouping.ts';
import { Random } from './random.ts';
import type {
  Affiliate,
  Campaign,
  Commission,
  CommissionGroup,
  CustomField,
  Lead,
  Plan,
  Purchase,
  SubId,
  Visitor,
} from './records.ts';
import { Table } from './table.ts';
import { floorToSecond } from './timestamps.ts';

/** E-mail addresses are natural keys here, whatever their case. */
function emailKey(email: string): string {
  return email.toLowerCase();
}

/** The live state of the simulated account: the records, and the indices that keep look-ups O(1). */
export class Programme {
  /** Decides what is due and dates every write; a test may replace it to let time pass. */
  clock: () => number;
  readonly currency = 'USD';
  readonly shopUrl = 'https://shop.example.com';
  readonly dashboardUrl = 'https://affiliates.example.com';
  readonly groups: readonly CommissionGroup[] = [
    { code: 'Default', basisPoints: 1_000 },
    { code: 'V.I.P.', basisPoints: 2_000 },
    { code: 'Influencers', basisPoints: 1_500 },
    { code: 'Partners', basisPoints: 2_500 },
  ];
  readonly plans: readonly Plan[] = [
    { id: 30, code: 'default' },
    { id: 31, code: 'annual' },
  ];
  /** For codes and tokens made while running. */
  readonly random: Random;

  readonly affiliates = new Table<Affiliate>(1_001);
  readonly leads = new Table<Lead>(20_001);
  readonly purchases = new Table<Purchase>(300_001);
  readonly commissions = new Table<Commission>(4_000_001);
  readonly visitors = new Table<Visitor>(50_001);
  readonly campaigns = new Table<Campaign>(11);
  readonly customFields = new Map<string, CustomField>();
  readonly subIds = new Map<number, SubId[]>();

  readonly #affiliatesByEmail = new Map<string, Affiliate>();
  readonly #affiliatesByCode = new Map<string, Affiliate>();
  readonly #leadsByEmail = new Map<string, Lead>();
  readonly #purchasesByCode = new Map<string, Purchase>();
  readonly #visitorsByTrackingCode = new Map<string, Visitor>();
  readonly #leadsByAffiliate = new Grouping<Lead>();
  readonly #purchasesByAffiliate = new Grouping<Purchase>();
  readonly #purchasesByLead = new Grouping<Purchase>();
  readonly #commissionsByAffiliate = new Grouping<Commission>();
  readonly #commissionsByPurchase = new Grouping<Commission>();
  readonly #visitorsByAffiliate = new Grouping<Visitor>();
  #lastCode = 45;
  #lastCancellationId = 700;
  #lastSubId = 8_000;
  #lastCustomFieldId = 60;

  constructor(clock: () => number, seed: number) {
    this.clock = clock;
    this.random = Random.forPart(seed, 'runtime');
  }

  /** The API knows no fractions of a second. */
  now(): number {
    return floorToSecond(this.clock());
  }

  affiliateByEmail(email: string): Affiliate | undefined {
    return this.#affiliatesByEmail.get(emailKey(email));
  }

  /** Whether the case of a code matters is not established; here it does. */
  affiliateByCode(code: string): Affiliate | undefined {
    return this.#affiliatesByCode.get(code);
  }

  leadByEmail(email: string): Lead | undefined {
    return this.#leadsByEmail.get(emailKey(email));
  }

  purchaseByCode(code: string): Purchase | undefined {
    return this.#purchasesByCode.get(code);
  }

  visitorByTrackingCode(code: string): Visitor | undefined {
    return this.#visitorsByTrackingCode.get(code);
  }

  groupByCode(code: string): CommissionGroup | undefined {
    return this.groups.find((group) => group.code === code);
  }

  leadsOf(affiliateId: number): readonly Lead[] {
    return this.#leadsByAffiliate.of(affiliateId);
  }

  purchasesOf(affiliateId: number): readonly Purchase[] {
    return this.#purchasesByAffiliate.of(affiliateId);
  }

  purchasesOfLead(leadId: number): readonly Purchase[] {
    return this.#purchasesByLead.of(leadId);
  }

  commissionsOf(affiliateId: number): readonly Commission[] {
    return this.#commissionsByAffiliate.of(affiliateId);
  }

  commissionsOfPurchase(purchaseId: number): readonly Commission[] {
    return this.#commissionsByPurchase.of(purchaseId);
  }

  visitorsOf(affiliateId: number): readonly Visitor[] {
    return this.#visitorsByAffiliate.of(affiliateId);
  }

  addAffiliate(fields: Omit<Affiliate, 'id'>): Affiliate {
    const affiliate: Affiliate = { ...fields, id: this.affiliates.takeId() };
    this.affiliates.add(affiliate);
    this.#affiliatesByEmail.set(emailKey(affiliate.email), affiliate);
    this.#affiliatesByCode.set(affiliate.code, affiliate);
    return affiliate;
  }

  addLead(fields: Omit<Lead, 'id'>): Lead {
    const lead: Lead = { ...fields, id: this.leads.takeId() };
    this.leads.add(lead);
    this.#leadsByEmail.set(emailKey(lead.email), lead);
    if (lead.affiliateId !== null) this.#leadsByAffiliate.add(lead.affiliateId, lead);
    return lead;
  }

  addPurchase(fields: Omit<Purchase, 'id'>): Purchase {
    const purchase: Purchase = { ...fields, id: this.purchases.takeId() };
    this.purchases.add(purchase);
    this.#purchasesByCode.set(purchase.code, purchase);
    this.#purchasesByLead.add(purchase.leadId, purchase);
    if (purchase.affiliateId !== null) this.#purchasesByAffiliate.add(purchase.affiliateId, purchase);
    return purchase;
  }

  addCommission(fields: Omit<Commission, 'id'>): Commission {
    const commission: Commission = { ...fields, id: this.commissions.takeId() };
    this.commissions.add(commission);
    this.#commissionsByAffiliate.add(commission.affiliateId, commission);
    if (commission.purchaseId !== null) this.#commissionsByPurchase.add(commission.purchaseId, commission);
    return commission;
  }

  addVisitor(fields: Omit<Visitor, 'id'>): Visitor {
    const visitor: Visitor = { ...fields, id: this.visitors.takeId() };
    this.visitors.add(visitor);
    this.#visitorsByTrackingCode.set(visitor.trackingCode, visitor);
    if (visitor.affiliateId !== null) this.#visitorsByAffiliate.add(visitor.affiliateId, visitor);
    return visitor;
  }

  addCampaign(fields: Omit<Campaign, 'id'>): Campaign {
    const campaign: Campaign = { ...fields, id: this.campaigns.takeId() };
    this.campaigns.add(campaign);
    return campaign;
  }

  addCustomField(fields: Omit<CustomField, 'id'>): CustomField {
    this.#lastCustomFieldId += 1;
    const field: CustomField = { id: this.#lastCustomFieldId, ...fields };
    this.customFields.set(field.name, field);
    return field;
  }

  addSubId(affiliateId: number, fields: Omit<SubId, 'id'>): SubId {
    this.#lastSubId += 1;
    const subId: SubId = { id: this.#lastSubId, ...fields };
    const known = this.subIds.get(affiliateId);
    if (known === undefined) this.subIds.set(affiliateId, [subId]);
    else known.push(subId);
    return subId;
  }

  changeAffiliateEmail(affiliate: Affiliate, email: string): void {
    this.#affiliatesByEmail.delete(emailKey(affiliate.email));
    affiliate.email = email;
    this.#affiliatesByEmail.set(emailKey(email), affiliate);
  }

  changeAffiliateCode(affiliate: Affiliate, code: string): void {
    this.#affiliatesByCode.delete(affiliate.code);
    affiliate.code = code;
    this.#affiliatesByCode.set(code, affiliate);
  }

  changeLeadEmail(lead: Lead, email: string): void {
    this.#leadsByEmail.delete(emailKey(lead.email));
    lead.email = email;
    this.#leadsByEmail.set(emailKey(email), lead);
  }

  /** Earlier purchases stay with the affiliate they were credited to. */
  assignLead(lead: Lead, affiliateId: number): void {
    if (lead.affiliateId === affiliateId) return;
    if (lead.affiliateId !== null) this.#leadsByAffiliate.remove(lead.affiliateId, lead);
    lead.affiliateId = affiliateId;
    this.#leadsByAffiliate.add(affiliateId, lead);
  }

  /** Short codes like the samples' "1h" and "1o". */
  takeAffiliateCode(): string {
    let code: string;
    do {
      this.#lastCode += 1;
      code = this.#lastCode.toString(36);
    } while (this.#affiliatesByCode.has(code));
    return code;
  }

  takeCancellationId(): number {
    this.#lastCancellationId += 1;
    return this.#lastCancellationId;
  }
}
