"""Money a debtor has paid and does not owe: which of it is free to pay what opens next."""

# Over the payment `p`. What a creditor's file took back of a payment, or set against its own credit notes, is the
# creditor's to give out again: only whole files know where it went.
FREE_CREDIT = """p.reversed_on IS NULL AND p.allocated < p.amount
    AND (p.kind = 'payment' OR p.kind = 'credit_note' AND p.by_id IS NOT NULL)
    AND NOT EXISTS (SELECT FROM allocation taken WHERE taken.payment_id = p.id AND taken.released_on IS NOT NULL)"""
