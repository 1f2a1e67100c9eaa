"""WhatsApp through Meta's Cloud API."""

PROVIDER = "meta"
