/** How many marks ended in which way, and how many commissions are open for another reason. */
export interface Ends {
  readonly sent: number;
  readonly done: number;
  readonly left: number;
  readonly unknown: number;
  readonly unconfirmed: number;
  /** Marks whose answer shows more as paid than was planned. */
  readonly beyond: number;
  readonly refused: number;
  /** Payable commissions that this call cannot mark. */
  readonly stuck: number;
  /** Commissions held back. */
  readonly held: number;
  /** Whether some commissions are remembered as paid but not marked yet. */
  readonly remembered: boolean;
  /** Commissions to be marked now that were reported as paid before. */
  readonly before: number;
  /** Whether a report's id determines what is marked. */
  readonly byReport: boolean;
  /** Affiliates. */
  readonly notRead: number;
}

/**
 * The note on a settlement. It names everything known to be open, and never says that all is done: nothing else is
 * known.
 */
export function noteFor(ends: Ends): string {
  const {
    sent,
    done,
    left,
    unknown,
    unconfirmed,
    beyond,
    refused,
    stuck,
    held,
    notRead,
    remembered,
    before,
    byReport,
  } = ends;
  const open = [
    ...(refused > 0 ? [`marks refused: ${refused} (failed)`] : []),
    ...(unknown > 0 ? [`marks with no clear answer: ${unknown} (unknown)`] : []),
    ...(stuck > 0 ? [`commissions that only LeadDyno itself can mark: ${stuck} (left_out)`] : []),
    ...(held > 0 ? [`commissions held back: ${held} (left_out)`] : []),
    ...(notRead > 0 ? [`affiliates not read: ${notRead} (not_read)`] : []),
  ];
  return [
    done > unconfirmed
      ? 'This recorded payments; it moved no money.'
      : done + unknown > 0
        ? 'It is not certain whether this recorded payments; it moved no money.'
        : sent === 0 && left === 0 && open.length === 0
          ? 'Nothing to mark: these affiliates have no unpaid commission payable by due_by (already paid, not due yet, or in another currency).'
          : 'No payment was recorded.',
    ...(sent === 0 && left > 0 && !remembered
      ? ['Nothing was sent, so a confirmation_token given with this call is still valid for the same call.']
      : []),
    ...(left > 0
      ? [
          byReport
            ? 'Something is left: call settle_payouts again with the same arguments (the same report); it takes what is left; nothing is marked twice.'
            : remembered
              ? 'Something is left: call again with affiliates_left as affiliate_ids and everything else unchanged (expected_total too); nothing is marked twice.'
              : 'Something is left: call again with affiliates_left as affiliate_ids (expected_total is then their sum); nothing is marked twice.',
        ]
      : []),
    ...(before > 0 ? [`Commissions an earlier call reported as paid: ${before} (in totals, as marked or not).`] : []),
    ...(remembered
      ? [
          'Everything this call was to mark is remembered as paid: payout_report holds it until LeadDyno shows it as paid.',
          ...(left > 0 ? [] : ['To finish, call settle_payouts again with the same arguments.']),
        ]
      : []),
    ...(open.length > 0 ? [`Still open: ${open.join(', ')}.`] : []),
    ...(unknown > 0 ? ['First check what is unknown, with payout_report or list_affiliate_commissions.'] : []),
    ...(stuck > 0
      ? [
          'unmarkable_here in totals was payable but could not be marked by this call (left_out says why): until someone marks it in LeadDyno, payout_report lists it again as unmarkable_here. Once it is paid, record that with paid_by_hand.',
        ]
      : []),
    ...(beyond > 0
      ? [
          "LeadDyno's answer shows more as paid than was to be marked (beyond_plan in done): paid before, or marked now without being asked. Check in LeadDyno.",
        ]
      : []),
    ...(unconfirmed > 0
      ? ["LeadDyno's answer does not show unconfirmed_ids as paid: check with list_affiliate_commissions."]
      : []),
  ].join(' ');
}
