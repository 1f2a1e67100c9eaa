"""Takes every message and sends none."""

from workbench.channels.letters import Outgoing, Sent

PROVIDER = "sandbox"


class Sandbox:
    """An adapter for every channel that has no settings of its own; its mark is made of the key, so it can be looked up."""

    provider = PROVIDER
    per_second = float("inf")

    def send(self, outgoing: Outgoing) -> Sent:
        """Says it was sent."""
        return Sent(PROVIDER, f"{PROVIDER}-{outgoing.key}")
