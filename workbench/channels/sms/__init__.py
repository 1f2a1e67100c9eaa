"""Text messages through Twilio, or any host that speaks its API."""

PROVIDER = "twilio"
