"""The channel that stays in the house: what would have left is on the page Outbox, and nothing goes over a network."""
